//! Uses a key and removes it, with the memory that the app and `orch` have.

#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    system_tests::memory::use_and_remove_a_key()
}
