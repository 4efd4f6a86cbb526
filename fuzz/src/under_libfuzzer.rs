//! What libFuzzer calls: the target that the environment names.

use std::sync::OnceLock;

use fuzz::Target;
use shared::host::environment::Variables;

fn target() -> Option<&'static Target> {
    static TARGET: OnceLock<Option<&'static Target>> = OnceLock::new();
    *TARGET.get_or_init(|| fuzz::target(Variables::of_this_process().optional("FUZZ_TARGET")?))
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let kept = target().map(|target| (target.run)(input));
    // libFuzzer keeps an input that panics.
    #[allow(clippy::panic)]
    match kept {
        Some(Ok(())) => {}
        Some(Err(problem)) => panic!("{problem}"),
        None => panic!("FUZZ_TARGET names no target"),
    }
});
