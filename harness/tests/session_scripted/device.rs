//! A scripted device up to its first prompt, and what tests ask of a session with it.

use std::time::{Duration, Instant};

use harness::session::transport::Connected;
use harness::session::transport::scripted::{Script, ScriptedTransport, Watcher};
use harness::session::vrp::VrpSession;
use harness::session::{
    Answer, Auth, ConfigurationMode, DeviceSession, Dialect, HostKeyPolicy, Secret, SessionError, Target,
};

pub const PAGER_OFF: &str = "screen-length 0 temporary";
pub const QUIET: &str = "undo terminal monitor";
pub const PAGER: &str = "  ---- More ----";

pub fn target() -> Target {
    Target {
        name: "PE1".into(),
        dialect: Dialect::HuaweiVrp,
        address: "192.0.2.1".into(),
        port: 22,
        username: "admin".into(),
        auth: vec![Auth::Password(Secret::new("secret"))],
        host_key: HostKeyPolicy::Insecure,
        configuration_mode: ConfigurationMode::Auto,
        connect_timeout: Duration::from_secs(5),
        command_timeout: Duration::from_secs(5),
    }
}

pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

pub fn connected(script: Script) -> (Connected, Watcher) {
    let (transport, watcher) = ScriptedTransport::new(script);
    let connected = Connected {
        transport: Box::new(transport),
        address: "192.0.2.1:22".into(),
        host_key_fingerprint: None,
        host_key_verified_by: None,
        banner: String::new(),
    };
    (connected, watcher)
}

pub fn try_log_in(target: &Target, script: Script) -> (Result<VrpSession, SessionError>, Watcher) {
    let (connected, watcher) = connected(script);
    (VrpSession::log_in(target, connected, soon()), watcher)
}

/// What a device does after the prompt was first shown.
pub fn after_first_prompt(prompt: &str) -> Script {
    Script::new()
        .answer(
            PAGER_OFF,
            "Info: The configuration takes effect on the current user terminal interface only.\r\n",
            prompt,
        )
        .prompt_again(prompt)
        .answer(QUIET, "", prompt)
}

pub fn logged_in_as(prompt: &str) -> Script {
    Script::new()
        .send(format!("\r\nInfo: welcome\r\n{prompt}"))
        .and(after_first_prompt(prompt))
}

pub fn session_as(prompt: &str, script: Script) -> (VrpSession, Watcher) {
    let (session, watcher) = try_log_in(&target(), logged_in_as(prompt).and(script));
    (session.expect("a session"), watcher)
}

pub fn session(script: Script) -> (VrpSession, Watcher) {
    session_as("<PE1>", script)
}

pub fn ask_of(script: Script) -> Result<Answer, SessionError> {
    session(script).0.ask("display x", soon())
}

/// The answer to `display x` of a device that sends these bytes, prompt included.
pub fn answer_to(bytes: impl AsRef<[u8]>) -> Answer {
    let script = Script::new().expect("display x\n").send(bytes).prompt_again("<PE1>");
    ask_of(script).expect("an answer")
}

pub fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// A small generator, so that a failure can be repeated.
pub struct Generator(pub u64);

impl Generator {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }
}
