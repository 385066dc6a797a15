//! The app with memory that is freed as it is: the twin in which a removed key is found.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    orchesity::run()
}
