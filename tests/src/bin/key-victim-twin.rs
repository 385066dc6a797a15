//! Uses a key and removes it, with memory that is freed as it is: the twin, in which the key is found.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    system_tests::memory::use_and_remove_a_key()
}
