//! The [basic URL parser](https://url.spec.whatwg.org/#concept-basic-url-parser): its state, and how it goes on.

use encoding_rs::Encoding;

use super::{Path, UrlRecord};

/// The parser's states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    SchemeStart,
    Scheme,
    NoScheme,
    SpecialRelativeOrAuthority,
    PathOrAuthority,
    Relative,
    RelativeSlash,
    SpecialAuthoritySlashes,
    SpecialAuthorityIgnoreSlashes,
    Authority,
    Host,
    Hostname,
    Port,
    File,
    FileSlash,
    FileHost,
    PathStart,
    Path,
    OpaquePath,
    Query,
    Fragment,
}

/// What a state says of a code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The next one.
    Next,
    /// The same one again, in the state that was set.
    Again,
    /// So many before the next one.
    Back(usize),
    /// The next but one.
    Skip,
    /// From the first one.
    Restart,
    /// The parser has done what it was asked.
    Done,
    /// Failure.
    Fail,
}

/// The parser.
pub(super) struct Parser<'a> {
    pub(super) url: &'a mut UrlRecord,
    pub(super) base: Option<&'a UrlRecord>,
    /// Code points, without tabs and line breaks.
    input: Vec<char>,
    /// Which one is looked at.
    pub(super) pointer: usize,
    pub(super) buffer: String,
    pub(super) at_sign_seen: bool,
    pub(super) inside_brackets: bool,
    pub(super) password_token_seen: bool,
    pub(super) state: State,
    /// Where it began, if it parses only a part.
    pub(super) state_override: Option<State>,
    pub(super) encoding: &'static Encoding,
}

impl<'a> Parser<'a> {
    pub(super) fn new(
        url: &'a mut UrlRecord,
        text: &str,
        base: Option<&'a UrlRecord>,
        state_override: Option<State>,
        encoding: &'static Encoding,
    ) -> Self {
        let input = text.chars().filter(|character| !matches!(character, '\t' | '\n' | '\r')).collect();
        Self {
            url,
            base,
            input,
            pointer: 0,
            buffer: String::new(),
            at_sign_seen: false,
            inside_brackets: false,
            password_token_seen: false,
            state: state_override.unwrap_or(State::SchemeStart),
            state_override,
            encoding,
        }
    }

    /// Runs to the end; `None` is failure.
    pub(super) fn run(mut self) -> Option<()> {
        loop {
            let c = self.input.get(self.pointer).copied();
            match self.step(c) {
                Step::Fail => return None,
                Step::Done => return Some(()),
                Step::Again => continue,
                Step::Back(count) => self.pointer = self.pointer.saturating_sub(count),
                Step::Restart => {
                    self.pointer = 0;
                    continue;
                }
                Step::Skip => self.pointer += 2,
                Step::Next if c.is_none() => return Some(()),
                Step::Next => self.pointer += 1,
            }
        }
    }

    fn step(&mut self, c: Option<char>) -> Step {
        match self.state {
            State::SchemeStart => self.scheme_start(c),
            State::Scheme => self.scheme(c),
            State::NoScheme => self.no_scheme(c),
            State::SpecialRelativeOrAuthority => self.special_relative_or_authority(c),
            State::PathOrAuthority => self.path_or_authority(c),
            State::Relative => self.relative(c),
            State::RelativeSlash => self.relative_slash(c),
            State::SpecialAuthoritySlashes => self.special_authority_slashes(c),
            State::SpecialAuthorityIgnoreSlashes => self.special_authority_ignore_slashes(c),
            State::Authority => self.authority(c),
            State::Host | State::Hostname => self.host(c),
            State::Port => self.port(c),
            State::File => self.file(c),
            State::FileSlash => self.file_slash(c),
            State::FileHost => self.file_host(c),
            State::PathStart => self.path_start(c),
            State::Path => self.path(c),
            State::OpaquePath => self.opaque_path(c),
            State::Query => self.query(c),
            State::Fragment => self.fragment(c),
        }
    }

    /// Goes on in a state with the same code point.
    pub(super) fn again(&mut self, state: State) -> Step {
        self.state = state;
        Step::Again
    }

    /// Goes on in a state with the next code point.
    pub(super) fn next(&mut self, state: State) -> Step {
        self.state = state;
        Step::Next
    }

    /// Whether [remaining](https://url.spec.whatwg.org/#remaining) starts with a code point.
    pub(super) fn remaining_starts_with(&self, wanted: char) -> bool {
        self.input.get(self.pointer + 1) == Some(&wanted)
    }

    /// Whether what is left [starts with a Windows drive letter](https://url.spec.whatwg.org/#start-with-a-windows-drive-letter).
    pub(super) fn starts_with_a_windows_drive_letter(&self) -> bool {
        match self.input.get(self.pointer..).unwrap_or_default() {
            [letter, ':' | '|'] => letter.is_ascii_alphabetic(),
            [letter, ':' | '|', '/' | '\\' | '?' | '#', ..] => letter.is_ascii_alphabetic(),
            _ => false,
        }
    }

    /// `/`, or what a special URL takes for one.
    pub(super) fn is_slash(&self, c: Option<char>) -> bool {
        c == Some('/') || (c == Some('\\') && self.url.is_special())
    }

    /// What ends an authority and its parts.
    pub(super) fn ends_authority(&self, c: Option<char>) -> bool {
        matches!(c, None | Some('?' | '#')) || self.is_slash(c)
    }

    pub(super) fn begin_query(&mut self) -> Step {
        self.url.query = Some(String::new());
        self.next(State::Query)
    }

    pub(super) fn begin_fragment(&mut self) -> Step {
        self.url.fragment = Some(String::new());
        self.next(State::Fragment)
    }

    /// Takes user, host and port of the base.
    pub(super) fn copy_authority(&mut self, base: &UrlRecord) {
        self.url.username.clone_from(&base.username);
        self.url.password.clone_from(&base.password);
        self.url.host.clone_from(&base.host);
        self.url.port = base.port;
    }

    /// Takes path and query of the base.
    pub(super) fn copy_path(&mut self, base: &UrlRecord) {
        self.url.path.clone_from(&base.path);
        self.url.query.clone_from(&base.query);
    }

    /// [Host parsing](https://url.spec.whatwg.org/#concept-host-parser) of the buffer; whether it is a host.
    pub(super) fn take_host(&mut self) -> Option<String> {
        let text = std::mem::take(&mut self.buffer);
        let parsed = if self.url.is_special() {
            url::Host::parse(&text)
        } else if text.is_empty() {
            return Some(text);
        } else {
            url::Host::parse_opaque(&text)
        };
        parsed.ok().map(|host| host.to_string())
    }

    pub(super) fn path_is_empty(&self) -> bool {
        matches!(&self.url.path, Path::Segments(segments) if segments.is_empty())
    }
}
