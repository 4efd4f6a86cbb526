//! What scripts see of the program that writes `openapi.yaml`.

use std::process::Command;

#[test]
fn it_says_whether_the_documents_are_current_and_refuses_what_it_does_not_know() {
    for (arguments, code, said) in [
        (vec![], 0, "openapi.yaml: as the code says"),
        (vec!["wirte"], 2, "usage: openapi [write]"),
        (vec!["write", "twice"], 2, "usage: openapi [write]"),
    ] {
        let program = Command::new(env!("CARGO_BIN_EXE_openapi"))
            .args(&arguments)
            .output()
            .unwrap();
        let text = [program.stdout, program.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(program.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(said), "{arguments:?}: {text}");
    }
}
