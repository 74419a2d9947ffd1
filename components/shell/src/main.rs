//! `bgfetch-shell`: a minimal browser in a terminal.
#![forbid(unsafe_code)]

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use bgfetch_shell::cli::{Cli, Command, CommonArgs};
use bgfetch_shell::demo::command::{demo, serve};
use bgfetch_shell::failure::Failure;
use bgfetch_shell::message::{Key, Message};
use bgfetch_shell::run::run;
use bgfetch_shell::session::Console;
use bgfetch_shell::ui::json::JsonOutput;
use bgfetch_shell::ui::output::{Output, ShellEvent, Shown};
use bgfetch_shell::ui::terminal::{Keyboard, restore};
use bgfetch_shell::ui::text::{PlainOutput, TerminalOutput};
use clap::Parser as _;
use crossbeam_channel::Sender;
use indicatif::{MultiProgress, ProgressDrawTarget};

mod start;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr();
    let channel = Console::channel();
    end_on_signals(channel.0.clone());
    let mut output = match output(&cli.command, channel.0.clone()) {
        Ok(output) => output,
        Err(failure) => return report(&failure),
    };
    let timeout = common(&cli.command).timeout;
    let console = Console::new(channel, &mut *output, timeout);
    let result = match &cli.command {
        Command::Demo(args) if args.serve_only => serve(args, console),
        Command::Demo(args) => demo(args, console, Box::new(kill_this_process), start::start),
        Command::Run(args) => run(args, console, start::start),
    };
    let shown = output.show(&Shown::Shell(ShellEvent::outcome(&result)));
    output.close();
    match result.and(shown.map_err(Failure::Output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

const fn common(command: &Command) -> &CommonArgs {
    match command {
        Command::Demo(args) => &args.common,
        Command::Run(args) => &args.common,
    }
}

/// Says why on standard error, which may be closed as well.
fn report(failure: &Failure) -> ExitCode {
    let _written = writeln!(io::stderr(), "bgfetch-shell: {failure}");
    ExitCode::from(failure.exit_code())
}

fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::ERROR.into())
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
}

/// The first signal asks to end in order; the second ends.
fn end_on_signals(inbox: Sender<Message>) {
    let asked = AtomicBool::new(false);
    let handler = move || {
        if asked.swap(true, Ordering::Relaxed) || inbox.send(Message::Key(Key::Quit)).is_err() {
            restore();
            std::process::exit(130);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        tracing::warn!(%error, "signals end this process at once");
    }
}

/// JSON if it is asked for; bars and keys in a terminal; else lines, and for the demo, which is nothing without
/// its progress, JSON.
fn output(command: &Command, inbox: Sender<Message>) -> Result<Box<dyn Output>, Failure> {
    if common(command).json {
        return Ok(Box::new(JsonOutput::new(io::stdout())));
    }
    if matches!(command, Command::Demo(args) if args.serve_only) {
        return Ok(Box::new(PlainOutput::new(io::stdout())));
    }
    let target = ProgressDrawTarget::stdout();
    if io::stdout().is_terminal() && !target.is_hidden() {
        let keyboard = io::stdin().is_terminal().then(|| Keyboard::start(inbox)).transpose();
        let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let screen = MultiProgress::with_draw_target(target);
        return Ok(Box::new(TerminalOutput::new(screen, colour, keyboard.map_err(Failure::Terminal)?)));
    }
    if matches!(command, Command::Demo(_)) {
        let _written = writeln!(
            io::stderr(),
            "bgfetch-shell: standard output is not a terminal, so events are written as with --json"
        );
        return Ok(Box::new(JsonOutput::new(io::stdout())));
    }
    Ok(Box::new(PlainOutput::new(io::stdout())))
}

/// As if by `kill -9`: nothing is closed, nothing is flushed.
fn kill_this_process() {
    #[cfg(unix)]
    if let Err(error) =
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
    {
        tracing::error!(%error, "this process could not kill itself");
    }
    std::process::abort();
}
