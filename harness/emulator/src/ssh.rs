//! The SSH server in front of each device. The only file that implements russh's traits.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::PrivateKey;
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Response, Session};
use russh::{Channel, ChannelId, ChannelWriteHalf, MethodKind, MethodSet, Pty};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::AbortHandle;

use crate::lab::Lab;
use crate::shell::Shell;
use crate::terminal::{Input, Output, Terminal};

/// Channels that one connection may hold open.
const MOST_CHANNELS: usize = 16;

/// Listens at an address with a backlog for many clients at once.
pub fn listen(address: std::net::SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(4096)
}

/// The configuration that all servers of a lab share.
pub fn configuration(key: PrivateKey) -> Arc<Config> {
    Arc::new(Config {
        server_id: russh::SshId::Standard("SSH-2.0-netverdict-emulator".into()),
        methods: methods(),
        auth_rejection_time: Duration::from_millis(50),
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![key],
        max_auth_attempts: 6,
        inactivity_timeout: Some(Duration::from_secs(3600)),
        nodelay: true,
        ..Config::default()
    })
}

fn methods() -> MethodSet {
    MethodSet::from(&[MethodKind::Password, MethodKind::KeyboardInteractive][..])
}

/// Accepts connections to one device for ever.
pub async fn serve(listener: TcpListener, config: Arc<Config>, lab: Arc<Lab>, device: usize, login: Arc<Login>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => match prepare(stream) {
                Ok((stream, twin)) => {
                    let connection = Connection::new(Arc::clone(&lab), device, Arc::clone(&login), twin);
                    tokio::spawn(converse(stream, Arc::clone(&config), connection));
                }
                Err(error) => tracing::debug!(%error, "a connection to an emulated device is unusable"),
            },
            Err(error) => {
                // Out of file descriptors, most likely: let others finish.
                tracing::warn!(%error, "an emulated device cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// Switches Nagle's algorithm off and makes a twin of the connection, by which it can be dropped.
fn prepare(stream: TcpStream) -> io::Result<(TcpStream, Arc<std::net::TcpStream>)> {
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let twin = Arc::new(stream.try_clone()?);
    Ok((TcpStream::from_std(stream)?, twin))
}

async fn converse(stream: TcpStream, config: Arc<Config>, connection: Connection) {
    let outcome = match russh::server::run_stream(config, stream, connection).await {
        Ok(session) => session.await,
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection to an emulated device ended");
    }
}

/// Who may log in.
pub struct Login {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

struct Line {
    input: Arc<Input>,
    /// Until a shell or a command takes it.
    output: Option<ChannelWriteHalf<Msg>>,
    task: Option<AbortHandle>,
}

/// One connection to one device.
struct Connection {
    lab: Arc<Lab>,
    device: usize,
    login: Arc<Login>,
    lines: HashMap<ChannelId, Line>,
    twin: Arc<std::net::TcpStream>,
}

impl Connection {
    fn new(lab: Arc<Lab>, device: usize, login: Arc<Login>, twin: Arc<std::net::TcpStream>) -> Self {
        Self {
            lab,
            device,
            login,
            lines: HashMap::new(),
            twin,
        }
    }

    fn check(&self, user: &str, password: &[u8]) -> Auth {
        // Counted first, so that "the first N attempts" are refused right or wrong.
        let refused = self.lab.refuses_login(self.device);
        let right = user == self.login.username && password == self.login.password.as_bytes();
        if right && !refused {
            return Auth::Accept;
        }
        // Named anew, or russh would take the method that failed off its list and clients could not try again.
        Auth::Reject {
            proceed_with_methods: Some(methods()),
            partial_success: false,
        }
    }

    /// Starts a shell, or a command, on a channel; `false` if it already has one or does not exist.
    fn start(&mut self, channel: ChannelId, command: Option<String>) -> bool {
        let Some(line) = self.lines.get_mut(&channel) else {
            return false;
        };
        let Some(writer) = line.output.take() else { return false };
        let misbehaviour = self
            .lab
            .devices
            .get(self.device)
            .map(|device| device.misbehaviour.clone())
            .unwrap_or_default();
        let output = Output::new(writer, Some(Arc::clone(&self.twin)), &misbehaviour);
        let terminal = Terminal::new(Arc::clone(&line.input), output);
        let shell = Shell::new(&self.lab, self.device, self.login.username.clone(), terminal);
        let task = tokio::spawn(async move {
            match command {
                None => shell.interact().await,
                Some(command) => shell.carry_out(&command).await,
            }
        });
        line.task = Some(task.abort_handle());
        true
    }

    fn close(&mut self, channel: ChannelId) {
        if let Some(line) = self.lines.remove(&channel) {
            line.input.end();
            if let Some(task) = line.task {
                task.abort();
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let channels: Vec<ChannelId> = self.lines.keys().copied().collect();
        for channel in channels {
            self.close(channel);
        }
    }
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        Ok(self.check(user, password.as_bytes()))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        match response.and_then(|mut answers| answers.next()) {
            Some(password) => Ok(self.check(user, &password)),
            None => Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: vec![("Password: ".into(), false)].into(),
            }),
        }
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.lines.len() >= MOST_CHANNELS {
            reply.reject(russh::ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        let id = channel.id();
        // Input comes through `Handler::data`; dropping the reading half keeps its queue from filling.
        let (_, output) = channel.split();
        self.lines.insert(
            id,
            Line {
                input: Arc::new(Input::default()),
                output: Some(output),
                task: None,
            },
        );
        reply.accept().await;
        Ok(())
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        let kept = self.lines.get(&channel).is_none_or(|line| line.input.push(data));
        if !kept {
            let reason = "more was typed ahead than is kept";
            session.disconnect(russh::Disconnect::ByApplication, reason, "")?;
        }
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, _session: &mut Session) -> Result<(), Self::Error> {
        if let Some(line) = self.lines.get(&channel) {
            line.input.end();
        }
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _session: &mut Session) -> Result<(), Self::Error> {
        self.close(channel);
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _pixel_width: u32,
        _pixel_height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn window_change_request(
        &mut self,
        _channel: ChannelId,
        _columns: u32,
        _rows: u32,
        _pixel_width: u32,
        _pixel_height: u32,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        // The page length is the device's own (`screen-length`), and there is no reply to this request.
        Ok(())
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        _value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        // The reply first: output must not overtake it.
        if self.lines.get(&channel).is_some_and(|line| line.output.is_some()) {
            session.channel_success(channel)?;
            self.start(channel, None);
            Ok(())
        } else {
            session.channel_failure(channel)
        }
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.lines.get(&channel).is_some_and(|line| line.output.is_some()) {
            session.channel_success(channel)?;
            self.start(channel, Some(String::from_utf8_lossy(data).into_owned()));
            Ok(())
        } else {
            session.channel_failure(channel)
        }
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }
}
