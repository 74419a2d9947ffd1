//! The [basic URL parser](https://url.spec.whatwg.org/#concept-basic-url-parser)'s states, one function each, in the
//! standard's order. Validation errors are not reported.

use encoding_rs::UTF_8;

use super::parser::{Parser, State, Step};
use super::percent::{EncodeSet, push, push_encoded};
use super::{
    Path, default_port, is_normalized_windows_drive_letter, is_special_scheme, is_windows_drive_letter,
};

/// [Single-dot URL path segment](https://url.spec.whatwg.org/#single-dot-path-segment).
fn is_single_dot(segment: &str) -> bool {
    segment == "." || segment.eq_ignore_ascii_case("%2e")
}

/// [Double-dot URL path segment](https://url.spec.whatwg.org/#double-dot-path-segment).
fn is_double_dot(segment: &str) -> bool {
    ["..", ".%2e", "%2e.", "%2e%2e"].iter().any(|dots| segment.eq_ignore_ascii_case(dots))
}

impl Parser<'_> {
    pub(super) fn scheme_start(&mut self, c: Option<char>) -> Step {
        match c {
            Some(letter) if letter.is_ascii_alphabetic() => {
                self.buffer.push(letter.to_ascii_lowercase());
                self.next(State::Scheme)
            }
            _ if self.state_override.is_none() => self.again(State::NoScheme),
            _ => Step::Fail,
        }
    }

    pub(super) fn scheme(&mut self, c: Option<char>) -> Step {
        match c {
            Some(c) if c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.') => {
                self.buffer.push(c.to_ascii_lowercase());
                Step::Next
            }
            Some(':') => self.scheme_ended(),
            _ if self.state_override.is_none() => {
                self.buffer.clear();
                self.state = State::NoScheme;
                Step::Restart
            }
            _ => Step::Fail,
        }
    }

    fn scheme_ended(&mut self) -> Step {
        let scheme = std::mem::take(&mut self.buffer);
        if self.state_override.is_some() {
            let url = &mut *self.url;
            let authority = url.includes_credentials() || url.port.is_some();
            let refused = url.is_special() != is_special_scheme(&scheme)
                || (authority && scheme == "file")
                || (url.scheme == "file" && url.host.as_deref().is_some_and(str::is_empty));
            if !refused {
                url.scheme = scheme;
                url.port = url.port.filter(|port| Some(*port) != default_port(&url.scheme));
            }
            return Step::Done;
        }
        self.url.scheme = scheme;
        if self.url.scheme == "file" {
            self.next(State::File)
        } else if self.url.is_special() {
            let same = self.base.is_some_and(|base| base.scheme == self.url.scheme);
            self.next(if same { State::SpecialRelativeOrAuthority } else { State::SpecialAuthoritySlashes })
        } else if self.remaining_starts_with('/') {
            self.state = State::PathOrAuthority;
            Step::Skip
        } else {
            self.url.path = Path::Opaque(String::new());
            self.next(State::OpaquePath)
        }
    }

    pub(super) fn no_scheme(&mut self, c: Option<char>) -> Step {
        let Some(base) = self.base else { return Step::Fail };
        if base.has_opaque_path() {
            if c != Some('#') {
                return Step::Fail;
            }
            self.url.scheme.clone_from(&base.scheme);
            self.copy_path(base);
            return self.begin_fragment();
        }
        self.again(if base.scheme == "file" { State::File } else { State::Relative })
    }

    pub(super) fn special_relative_or_authority(&mut self, c: Option<char>) -> Step {
        if c == Some('/') && self.remaining_starts_with('/') {
            self.state = State::SpecialAuthorityIgnoreSlashes;
            Step::Skip
        } else {
            self.again(State::Relative)
        }
    }

    pub(super) fn path_or_authority(&mut self, c: Option<char>) -> Step {
        if c == Some('/') { self.next(State::Authority) } else { self.again(State::Path) }
    }

    pub(super) fn relative(&mut self, c: Option<char>) -> Step {
        let Some(base) = self.base else { return Step::Fail };
        self.url.scheme.clone_from(&base.scheme);
        if self.is_slash(c) {
            return self.next(State::RelativeSlash);
        }
        self.copy_authority(base);
        self.copy_path(base);
        match c {
            Some('?') => self.begin_query(),
            Some('#') => self.begin_fragment(),
            Some(_) => {
                self.url.query = None;
                self.url.shorten_path();
                self.again(State::Path)
            }
            None => Step::Next,
        }
    }

    pub(super) fn relative_slash(&mut self, c: Option<char>) -> Step {
        if self.url.is_special() && matches!(c, Some('/' | '\\')) {
            return self.next(State::SpecialAuthorityIgnoreSlashes);
        }
        if c == Some('/') {
            return self.next(State::Authority);
        }
        if let Some(base) = self.base {
            self.copy_authority(base);
        }
        self.again(State::Path)
    }

    pub(super) fn special_authority_slashes(&mut self, c: Option<char>) -> Step {
        if c == Some('/') && self.remaining_starts_with('/') {
            self.state = State::SpecialAuthorityIgnoreSlashes;
            Step::Skip
        } else {
            self.again(State::SpecialAuthorityIgnoreSlashes)
        }
    }

    pub(super) fn special_authority_ignore_slashes(&mut self, c: Option<char>) -> Step {
        if matches!(c, Some('/' | '\\')) { Step::Next } else { self.again(State::Authority) }
    }

    pub(super) fn authority(&mut self, c: Option<char>) -> Step {
        if c == Some('@') {
            self.userinfo_ended();
            return Step::Next;
        }
        if self.ends_authority(c) {
            if self.at_sign_seen && self.buffer.is_empty() {
                return Step::Fail;
            }
            let length = self.buffer.chars().count();
            self.buffer.clear();
            self.state = State::Host;
            return Step::Back(length);
        }
        self.buffer.extend(c);
        Step::Next
    }

    fn userinfo_ended(&mut self) {
        let mut buffer = std::mem::take(&mut self.buffer);
        if self.at_sign_seen {
            buffer.insert_str(0, "%40");
        }
        self.at_sign_seen = true;
        for character in buffer.chars() {
            if character == ':' && !self.password_token_seen {
                self.password_token_seen = true;
                continue;
            }
            let part = if self.password_token_seen { &mut self.url.password } else { &mut self.url.username };
            push(part, character, EncodeSet::Userinfo);
        }
    }

    pub(super) fn host(&mut self, c: Option<char>) -> Step {
        if self.state_override.is_some() && self.url.scheme == "file" {
            return self.again(State::FileHost);
        }
        if c == Some(':') && !self.inside_brackets {
            if self.buffer.is_empty() || self.state_override == Some(State::Hostname) {
                return Step::Fail;
            }
            let Some(host) = self.take_host() else { return Step::Fail };
            self.url.host = Some(host);
            return self.next(State::Port);
        }
        if self.ends_authority(c) {
            let partial = self.state_override.is_some();
            let authority = self.url.includes_credentials() || self.url.port.is_some();
            if self.buffer.is_empty() && (self.url.is_special() || (partial && authority)) {
                return Step::Fail;
            }
            let Some(host) = self.take_host() else { return Step::Fail };
            self.url.host = Some(host);
            return if partial { Step::Done } else { self.again(State::PathStart) };
        }
        match c {
            Some('[') => self.inside_brackets = true,
            Some(']') => self.inside_brackets = false,
            _ => {}
        }
        self.buffer.extend(c);
        Step::Next
    }

    pub(super) fn port(&mut self, c: Option<char>) -> Step {
        if let Some(digit) = c.filter(char::is_ascii_digit) {
            self.buffer.push(digit);
            return Step::Next;
        }
        let partial = self.state_override.is_some();
        if !self.ends_authority(c) && !partial {
            return Step::Fail;
        }
        if !self.buffer.is_empty() {
            let digits = self.buffer.trim_start_matches('0');
            // Of zeros alone none is left, and the port is 0.
            let parsed = if digits.is_empty() { Ok(0) } else { digits.parse::<u16>() };
            let Ok(port) = parsed else {
                return Step::Fail;
            };
            self.url.port = Some(port).filter(|port| Some(*port) != default_port(&self.url.scheme));
            self.buffer.clear();
            if partial {
                return Step::Done;
            }
        }
        if partial { Step::Fail } else { self.again(State::PathStart) }
    }

    pub(super) fn file(&mut self, c: Option<char>) -> Step {
        "file".clone_into(&mut self.url.scheme);
        self.url.host = Some(String::new());
        if matches!(c, Some('/' | '\\')) {
            return self.next(State::FileSlash);
        }
        let Some(base) = self.base.filter(|base| base.scheme == "file") else {
            return self.again(State::Path);
        };
        self.url.host.clone_from(&base.host);
        self.copy_path(base);
        match c {
            Some('?') => self.begin_query(),
            Some('#') => self.begin_fragment(),
            Some(_) => {
                self.url.query = None;
                if self.starts_with_a_windows_drive_letter() {
                    self.url.path = Path::default();
                } else {
                    self.url.shorten_path();
                }
                self.again(State::Path)
            }
            None => Step::Next,
        }
    }

    pub(super) fn file_slash(&mut self, c: Option<char>) -> Step {
        if matches!(c, Some('/' | '\\')) {
            return self.next(State::FileHost);
        }
        if let Some(base) = self.base.filter(|base| base.scheme == "file") {
            self.url.host.clone_from(&base.host);
            if let Path::Segments(segments) = &base.path
                && let Some(first) = segments.first()
                && is_normalized_windows_drive_letter(first)
                && !self.starts_with_a_windows_drive_letter()
            {
                self.url.push_segment(first.clone());
            }
        }
        self.again(State::Path)
    }

    pub(super) fn file_host(&mut self, c: Option<char>) -> Step {
        if !matches!(c, None | Some('/' | '\\' | '?' | '#')) {
            self.buffer.extend(c);
            return Step::Next;
        }
        let partial = self.state_override.is_some();
        if !partial && is_windows_drive_letter(&self.buffer) {
            // The buffer is the beginning of the path.
            return self.again(State::Path);
        }
        if self.buffer.is_empty() {
            self.url.host = Some(String::new());
        } else {
            let Some(host) = self.take_host() else { return Step::Fail };
            self.url.host = Some(if host == "localhost" { String::new() } else { host });
        }
        if partial { Step::Done } else { self.again(State::PathStart) }
    }

    pub(super) fn path_start(&mut self, c: Option<char>) -> Step {
        let partial = self.state_override.is_some();
        if self.url.is_special() {
            return if matches!(c, Some('/' | '\\')) {
                self.next(State::Path)
            } else {
                self.again(State::Path)
            };
        }
        match c {
            Some('?') if !partial => self.begin_query(),
            Some('#') if !partial => self.begin_fragment(),
            Some('/') => self.next(State::Path),
            Some(_) => self.again(State::Path),
            None => {
                if partial && self.url.host.is_none() {
                    self.url.push_segment(String::new());
                }
                Step::Next
            }
        }
    }

    pub(super) fn path(&mut self, c: Option<char>) -> Step {
        let ends = self.state_override.is_none() && matches!(c, Some('?' | '#'));
        if let Some(character) = c.filter(|_| !ends && !self.is_slash(c)) {
            push(&mut self.buffer, character, EncodeSet::Path);
            return Step::Next;
        }
        let mut segment = std::mem::take(&mut self.buffer);
        let last = !self.is_slash(c);
        if is_double_dot(&segment) {
            self.url.shorten_path();
            if last {
                self.url.push_segment(String::new());
            }
        } else if is_single_dot(&segment) {
            if last {
                self.url.push_segment(String::new());
            }
        } else {
            if self.url.scheme == "file" && self.path_is_empty() && is_windows_drive_letter(&segment) {
                segment.truncate(1);
                segment.push(':');
            }
            self.url.push_segment(segment);
        }
        match c {
            Some('?') if ends => self.begin_query(),
            Some('#') if ends => self.begin_fragment(),
            _ => Step::Next,
        }
    }

    pub(super) fn opaque_path(&mut self, c: Option<char>) -> Step {
        let spaces = self.remaining_starts_with('?') || self.remaining_starts_with('#');
        let Path::Opaque(path) = &mut self.url.path else { return Step::Fail };
        match c {
            Some('?') => return self.begin_query(),
            Some('#') => return self.begin_fragment(),
            Some(' ') => path.push_str(if spaces { "%20" } else { " " }),
            Some(character) => push(path, character, EncodeSet::C0Control),
            None => {}
        }
        Step::Next
    }

    pub(super) fn query(&mut self, c: Option<char>) -> Step {
        let ends = c.is_none() || (self.state_override.is_none() && c == Some('#'));
        if !ends {
            self.buffer.extend(c);
            return Step::Next;
        }
        let special = self.url.is_special();
        let legacy = special && !matches!(self.url.scheme.as_str(), "ws" | "wss");
        let encoding = if legacy { self.encoding } else { UTF_8 };
        let set = if special { EncodeSet::SpecialQuery } else { EncodeSet::Query };
        let buffer = std::mem::take(&mut self.buffer);
        push_encoded(self.url.query.get_or_insert_default(), &buffer, encoding, set);
        if c.is_some() { self.begin_fragment() } else { Step::Next }
    }

    pub(super) fn fragment(&mut self, c: Option<char>) -> Step {
        if let Some(character) = c {
            push(self.url.fragment.get_or_insert_default(), character, EncodeSet::Fragment);
        }
        Step::Next
    }
}
