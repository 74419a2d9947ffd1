//! [Cookie dates](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-dates): what servers write
//! into `Expires`, in whatever order.

use std::time::{Duration, SystemTime};

/// A `Set-Cookie` value whose `Expires` is an HTTP date, as the parser of cookies wants it. A date that is none is left.
pub(super) fn with_http_date(cookie: &str) -> String {
    let attributes = cookie.split(';').enumerate().map(|(index, attribute)| {
        let Some((name, value)) = attribute.split_once('=').filter(|_| index > 0) else {
            return attribute.into();
        };
        match parse(value).filter(|_| name.trim().eq_ignore_ascii_case("expires")) {
            Some(date) => format!(" Expires={}", httpdate::fmt_http_date(date)),
            None => attribute.to_owned(),
        }
    });
    attributes.collect::<Vec<_>>().join(";")
}

/// [Parses a cookie date](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-dates). What was
/// before 1970 is its first second: long ago is all that matters.
fn parse(text: &str) -> Option<SystemTime> {
    let is_delimiter = |c: char| matches!(c, '\t' | ' '..='/' | ';'..='@' | '['..='`' | '{'..='~');
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        if time.is_none()
            && let Some(found) = hms(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = number(token, 1, 2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = month_of(token)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = number(token, 2, 4)
        {
            year = Some(found);
        }
    }
    let ((hour, minute, second), day, month) = (time?, day?, month?);
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year => year,
    };
    if year < 1601 || hour > 23 || minute > 59 || second > 59 || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    let days = days_before_year(year) + (0..month).map(|month| days_of(year, month)).sum::<u64>() + day - 1;
    let seconds = days.saturating_sub(days_before_year(1970)) * 86_400;
    let clock = if year < 1970 { 0 } else { hour * 3600 + minute * 60 + second };
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds + clock))
}

/// Digits from the start of a token, at least and at most so many, with anything that is not a digit behind them.
fn number(token: &str, least: usize, most: usize) -> Option<u64> {
    let digits = token.bytes().take_while(u8::is_ascii_digit).count();
    if (least..=most).contains(&digits) { token.get(..digits)?.parse().ok() } else { None }
}

fn hms(token: &str) -> Option<(u64, u64, u64)> {
    let mut fields = token.splitn(3, ':');
    let exact =
        |field: &str| if field.bytes().all(|b| b.is_ascii_digit()) { number(field, 1, 2) } else { None };
    let (hour, minute) = (exact(fields.next()?)?, exact(fields.next()?)?);
    Some((hour, minute, number(fields.next()?, 1, 2)?))
}

/// Which month, from 0 on, its first three letters name.
fn month_of(token: &str) -> Option<usize> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = token.get(..3)?;
    MONTHS.iter().position(|month| start.eq_ignore_ascii_case(month))
}

const fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

const fn days_of(year: u64, month: usize) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// Days from the year 1 on.
const fn days_before_year(year: u64) -> u64 {
    let years = year - 1;
    years * 365 + years / 4 - years / 100 + years / 400
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_any_order() {
        let cases = [
            ("Fri, 20 Nov 2026 10:20:30 GMT", Some("Fri, 20 Nov 2026 10:20:30 GMT")),
            ("20 nov 2026 10:20:30 GMT", Some("Fri, 20 Nov 2026 10:20:30 GMT")),
            ("Friday, 20-Nov-26 10:20:30", Some("Fri, 20 Nov 2026 10:20:30 GMT")),
            ("10:20:30x november 2026 20th", Some("Fri, 20 Nov 2026 10:20:30 GMT")),
            ("29 Feb 2024 0:0:0", Some("Thu, 29 Feb 2024 00:00:00 GMT")),
            ("1 Jan 1970 00:00:01", Some("Thu, 01 Jan 1970 00:00:01 GMT")),
            ("31 Dec 1601 23:59:59", Some("Thu, 01 Jan 1970 00:00:00 GMT")),
            ("31 Dec 99 23:59:59", Some("Fri, 31 Dec 1999 23:59:59 GMT")),
            ("31 Dec 9999 23:59:59", Some("Fri, 31 Dec 9999 23:59:59 GMT")),
            ("29 Feb 2023 00:00:00", None),
            ("20 Nov 2026 24:00:00", None),
            ("20 Nov 1600 00:00:00", None),
            ("20 Nov 2026", None),
            ("0", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).map(httpdate::fmt_http_date).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_the_attribute_is_rewritten() {
        let cookie = "expires=1; EXPIRES=20 nov 2026 1:2:3; Path=/; Expires=soon";
        assert_eq!(
            with_http_date(cookie),
            "expires=1; Expires=Fri, 20 Nov 2026 01:02:03 GMT; Path=/; Expires=soon"
        );
    }
}
