//! [Parsing and interpreting an event stream](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).

use std::time::Duration;

/// An event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamEvent {
    /// Its type; empty stands for `message`.
    pub(super) event_type: String,
    pub(super) data: String,
    /// The [last event ID string](https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-last-event-id)
    /// as of this event.
    pub(super) last_event_id: String,
}

/// A line, or the data of an event, is longer than anybody needs: the stream is not read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream has more than {LONGEST} bytes")]
pub(super) struct TooLong;

/// Bytes that an event may have.
const LONGEST: usize = 64 << 20;

/// What is known of a stream up to now.
pub(super) struct EventStream {
    line: Vec<u8>,
    is_first_line: bool,
    /// The line that was read last ended with a carriage return: a line feed that follows is part of its end.
    after_carriage_return: bool,
    data: String,
    event_type: String,
    last_event_id_buffer: String,
    pub(super) last_event_id: String,
    /// What `retry` said last.
    pub(super) retry: Option<Duration>,
}

impl EventStream {
    /// A stream that begins when the last event ID string is `last_event_id`. That is kept by streams that name no other
    /// one: the text begins each with an empty buffer, but browsers do not, nor do the official tests.
    pub(super) fn new(last_event_id: String) -> Self {
        Self {
            line: Vec::new(),
            is_first_line: true,
            after_carriage_return: false,
            data: String::new(),
            event_type: String::new(),
            last_event_id_buffer: last_event_id.clone(),
            last_event_id,
            retry: None,
        }
    }

    /// Takes more bytes; the events that they complete.
    ///
    /// # Errors
    /// [`TooLong`], once.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<StreamEvent>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let follows_carriage_return = std::mem::replace(&mut self.after_carriage_return, byte == b'\r');
            match byte {
                b'\n' if follows_carriage_return => {}
                b'\r' | b'\n' => events.extend(self.end_line()),
                _ if self.line.len() + self.data.len() >= LONGEST => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    /// Processes a line. UTF-8 is decoded line by line: no character goes on after the end of one.
    fn end_line(&mut self) -> Option<StreamEvent> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if std::mem::replace(&mut self.is_first_line, false) {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch();
        }
        let line = String::from_utf8_lossy(line);
        match line.split_once(':') {
            // A comment.
            Some(("", _)) => {}
            Some((field, value)) => self.process_field(field, value.strip_prefix(' ').unwrap_or(value)),
            None => self.process_field(&line, ""),
        }
        None
    }

    /// [Process the field](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField)
    fn process_field(&mut self, field: &str, value: &str) {
        match field {
            "event" => value.clone_into(&mut self.event_type),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.last_event_id_buffer),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // More than fits is for ever.
                self.retry = Some(Duration::from_millis(value.parse().unwrap_or(u64::MAX)));
            }
            _ => {}
        }
    }

    /// [Dispatch the event](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage), up to its
    /// making.
    fn dispatch(&mut self) -> Option<StreamEvent> {
        // Step 1.
        self.last_event_id.clone_from(&self.last_event_id_buffer);
        // Steps 2, 3 and 7.
        let (mut data, event_type) = (std::mem::take(&mut self.data), std::mem::take(&mut self.event_type));
        data.pop()?;
        Some(StreamEvent { event_type, data, last_event_id: self.last_event_id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_type: &str, data: &str, id: &str) -> StreamEvent {
        StreamEvent { event_type: event_type.into(), data: data.into(), last_event_id: id.into() }
    }

    /// The events of a stream, the same however its bytes come.
    fn events(stream: &[u8]) -> Vec<StreamEvent> {
        let whole = EventStream::new(String::new()).push(stream).unwrap();
        let mut piecewise = EventStream::new(String::new());
        let pieces: Vec<_> = stream.chunks(1).flat_map(|piece| piecewise.push(piece).unwrap()).collect();
        assert_eq!(whole, pieces);
        whole
    }

    #[test]
    fn lines_may_end_in_three_ways() {
        let expected = [event("", "a\nb", ""), event("", "c", ""), event("", "d", "")];
        assert_eq!(events(b"data:a\rdata: b\r\n\r\ndata:c\n\ndata:d\r\rdata: never"), expected);
    }

    #[test]
    fn fields() {
        let cases: [(&str, Vec<StreamEvent>); 9] = [
            ("data\n\n", vec![event("", "", "")]),
            ("data\ndata\n\n", vec![event("", "\n", "")]),
            (":comment\n\nid: 1\n\ndata:x\n\n", vec![event("", "x", "1")]),
            ("event: e\n\ndata:x\n\n", vec![event("", "x", "")]),
            ("event: e\ndata:x\n\n", vec![event("e", "x", "")]),
            ("id: 1\0\ndata:  x\n\n", vec![event("", " x", "")]),
            ("id: 1\ndata:x\n\nid\ndata:y\n\n", vec![event("", "x", "1"), event("", "y", "")]),
            ("\u{feff}data:x\n\n\u{feff}data:y\n\n", vec![event("", "x", "")]),
            ("Data:x\nda ta:y\ndata:z", vec![]),
        ];
        for (stream, expected) in cases {
            assert_eq!(events(stream.as_bytes()), expected, "{stream:?}");
        }
    }

    #[test]
    fn broken_characters_are_replaced() {
        assert_eq!(events(b"data:\xe2\x82\ndata:\xff\n\n"), [event("", "\u{fffd}\n\u{fffd}", "")]);
    }

    #[test]
    fn retry_takes_digits_only() {
        for (value, expected) in [("1500", Some(1500)), ("1500x", None), ("", None), ("-1", None)] {
            let mut stream = EventStream::new(String::new());
            stream.push(format!("retry:{value}\n").as_bytes()).unwrap();
            assert_eq!(stream.retry, expected.map(Duration::from_millis), "{value:?}");
        }
    }

    #[test]
    fn an_id_outlives_its_stream() {
        let mut next = EventStream::new("7".to_owned());
        assert_eq!(next.push(b"data:x\n\n").unwrap(), [event("", "x", "7")]);
    }
}
