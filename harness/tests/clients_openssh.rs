//! OpenSSH logs in to emulated devices: a terminal with lines piped into it, single commands, wrong passwords.

mod clients;
mod served;

use std::io::Write;
use std::process::{Command, Stdio};

use clients::{login, not_run, works};
use served::{Ended, Served};

struct Ssh<'a> {
    served: &'a Served,
    password: &'a str,
}

impl Ssh<'_> {
    /// Runs ssh on a device to its end.
    fn run(&self, device: &str, options: &[&str], command: &[&str], typed: &str) -> Ended {
        let (port, user) = login(self.served, device);
        let mut child = Command::new("sshpass")
            .args(["-e", "ssh", "-F", "none", "-p", &port])
            .args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .args(["-o", "LogLevel=ERROR", "-o", "ConnectTimeout=10"])
            .args(options)
            .arg(format!("{user}@127.0.0.1"))
            .args(command)
            .env("SSHPASS", self.password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sshpass can be started");
        let mut input = child.stdin.take().expect("it is piped");
        // A client that was refused reads nothing.
        let _ = input.write_all(typed.as_bytes());
        drop(input);
        child.wait_with_output().expect("it ends").into()
    }
}

#[test]
fn openssh_works_on_emulated_devices() {
    for (program, arguments) in [("ssh", ["-V"]), ("sshpass", ["-V"])] {
        if !works(program, &arguments) {
            return not_run("clients_openssh", &format!("{program} is missing"));
        }
    }
    let home = tempfile::tempdir().expect("a folder");
    let served = Served::start(home.path(), "served");
    let ssh = Ssh {
        served: &served,
        password: &served.password,
    };

    let table = ssh.run("PE1", &[], &["display bfd session all"], "");
    assert_eq!(table.code, Some(0), "{table:?}");
    assert!(table.stdout.contains("10.1.1.1        Up"), "{table:?}");
    assert!(!table.stdout.contains("<PE1>"), "{table:?}");
    let refused = ssh.run("PE1", &[], &["display nonsense"], "");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stdout.starts_with(&format!("{}^", " ".repeat(8))),
        "the caret stands under `nonsense`: {refused:?}"
    );

    // Hundreds of lines piped into a terminal, all carried out, each behind its prompt.
    let mut typed = String::from("screen-length 0 temporary\nsystem-view\ninterface LoopBack7\n");
    for number in 0..300 {
        typed += &format!("description number {number}\n");
    }
    typed += "undo description\nquit\nundo interface LoopBack7\nquit\nquit\n";
    let session = ssh.run("CE1", &["-tt"], &[], &typed);
    assert_eq!(session.code, Some(0), "{session:?}");
    assert!(!session.stdout.contains("Error"), "{session:?}");
    let prompts = session.stdout.matches("[*CE1-LoopBack7]description number").count();
    assert_eq!(prompts, 300, "{session:?}");
    assert!(session.stdout.trim_end().ends_with("<CE1>quit"), "{session:?}");

    // The failed link, and back.
    let toggle = |line: &str| {
        let typed = format!("system-view\ninterface gi0/1/0\n{line}\ncommit\nreturn\nquit\n");
        let session = ssh.run("CE1", &["-tt"], &[], &typed);
        assert_eq!(session.code, Some(0), "{session:?}");
        ssh.run("PE1", &[], &["display bfd session all"], "").stdout
    };
    let down = toggle("shutdown");
    assert!(down.contains("10.1.1.1        Down"), "{down}");
    let up = toggle("undo shutdown");
    assert!(up.contains("10.1.1.1        Up"), "{up}");

    let stranger = Ssh {
        served: &served,
        password: "wrong",
    };
    let refused = stranger.run("PE1", &[], &["display clock"], "");
    // sshpass: 5 is a wrong password.
    assert_eq!(refused.code, Some(5), "{refused:?}");
    assert_eq!(refused.stdout, "", "{refused:?}");
}
