//! [Port blocking](https://fetch.spec.whatwg.org/#port-blocking).

use url::Url;

/// [Should fetching be blocked due to a bad port?](https://fetch.spec.whatwg.org/#block-bad-port) The port, if so.
pub fn bad_port(url: &Url) -> Option<u16> {
    let http = matches!(url.scheme(), "http" | "https");
    url.port().filter(|port| http && BAD_PORTS.binary_search(port).is_ok())
}

/// [Bad ports](https://fetch.spec.whatwg.org/#bad-port), in order.
const BAD_PORTS: &[u16] = &[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_it_can_be_searched() {
        assert!(BAD_PORTS.is_sorted());
    }

    #[test]
    fn ports_of_other_services_are_blocked_for_http_only() {
        let cases = [
            ("http://a.test:25/", Some(25)),
            ("https://a.test:6667/", Some(6667)),
            ("http://a.test:0/", Some(0)),
            ("http://a.test/", None),
            ("https://a.test:8443/", None),
            ("http://a.test:80/", None),
            ("ftp://a.test:22/", None),
        ];
        for (url, expected) in cases {
            assert_eq!(bad_port(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
