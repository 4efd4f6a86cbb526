//! What a fuzzer may try: each target takes any bytes, and says which property they break.
//!
//! A target checks more than that nothing panics. It never looks at how its subject works:
//! what must hold is said once more, in other words.

mod draw;
mod seeds;
mod target;
mod targets;

pub use seeds::words;
pub use target::{Problem, Target};

/// All targets.
pub const TARGETS: [Target; 9] = [
    targets::signature::TARGET,
    targets::event::TARGET,
    targets::planner::TARGET,
    targets::claims::TARGET,
    targets::bodies::TARGET,
    targets::cards::TARGET,
    targets::cursor::TARGET,
    targets::import::TARGET,
    targets::answers::TARGET,
];

/// A target by its name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_input_to_begin_with_keeps_the_properties() {
        let mut broken = Vec::new();
        for target in &TARGETS {
            let seeds = (target.seeds)();
            assert!(!seeds.is_empty(), "{}", target.name);
            let broken_by = |seed: &Vec<u8>| (target.run)(seed).err();
            let first = seeds.iter().find_map(broken_by);
            broken.extend(first.map(|problem| format!("{}: {problem}", target.name)));
        }
        assert_eq!(broken, Vec::<String>::new());
    }

    #[test]
    fn every_committed_input_keeps_the_properties() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        for folder in std::fs::read_dir(corpus).unwrap() {
            let folder = folder.unwrap().path();
            let name = folder.file_name().unwrap().to_str().unwrap();
            let target = target(name).unwrap_or_else(|| panic!("{name} is no target"));
            for file in std::fs::read_dir(&folder).unwrap() {
                let file = file.unwrap().path();
                let kept = (target.run)(&std::fs::read(&file).unwrap());
                assert_eq!(kept, Ok(()), "{}", file.display());
            }
        }
    }
}
