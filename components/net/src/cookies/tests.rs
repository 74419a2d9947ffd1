use super::*;

pub(crate) fn by(from_http: bool, same_site_allowed: bool, partition: &CookiePartition) -> Setter<'_> {
    Setter { from_http, same_site_allowed, partition }
}

fn top(url: &Url) -> CookiePartition {
    CookiePartition::of_top_level(url)
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn jar(cookies: &[(&str, &str)]) -> CookieJar {
    let mut jar = CookieJar::default();
    for (from, cookie) in cookies {
        jar.set(cookie, &url(from), by(true, true, &top(&url(from)))).unwrap();
    }
    jar
}

#[test]
fn cookies_go_where_domain_path_and_secure_allow() {
    let jar = jar(&[
        ("https://www.a.test/dir/page", "host=1"),
        ("https://www.a.test/", "wide=2; Domain=a.test; Path=/"),
        ("https://www.a.test/", "safe=3; Secure; Path=/"),
    ]);
    let cases = [
        ("https://www.a.test/dir/other", Some("host=1; safe=3; wide=2")),
        ("https://www.a.test/", Some("safe=3; wide=2")),
        ("http://www.a.test/", Some("wide=2")),
        ("https://other.a.test/", Some("wide=2")),
        ("https://b.test/", None),
    ];
    for (target, expected) in cases {
        let header = jar.header_for(&url(target), SameSiteMode::StrictOrLess, &top(&url(target)));
        assert_eq!(header.as_deref(), expected, "{target}");
    }
}

#[test]
fn same_site_decides_by_mode() {
    let jar = jar(&[
        ("https://a.test/", "none=1; SameSite=None; Secure"),
        ("https://a.test/", "lax=2; SameSite=Lax"),
        ("https://a.test/", "strict=3; SameSite=Strict"),
        ("https://a.test/", "unset=4"),
    ]);
    let cases = [
        (SameSiteMode::UnsetOrLess, "none=1"),
        (SameSiteMode::LaxOrLess, "lax=2; none=1; unset=4"),
        (SameSiteMode::StrictOrLess, "lax=2; none=1; strict=3; unset=4"),
    ];
    for (mode, expected) in cases {
        assert_eq!(
            jar.header_for(&url("https://a.test/"), mode, &top(&url("https://a.test/"))).as_deref(),
            Some(expected),
            "{mode:?}"
        );
    }
}

#[test]
fn http_only_cookies_are_not_for_scripts() {
    let mut jar = jar(&[("https://a.test/", "seen=1"), ("https://a.test/", "hidden=2; HttpOnly")]);
    let page = url("https://a.test/");
    assert_eq!(jar.for_script(&page, &top(&page)), "seen=1");
    assert_eq!(jar.set("x=1; HttpOnly", &page, by(false, true, &top(&page))), Err(CookieRefused::HttpOnly));
    assert_eq!(jar.set("hidden=3", &page, by(false, true, &top(&page))), Err(CookieRefused::HttpOnly));
    assert_eq!(jar.header_for(&page, SameSiteMode::StrictOrLess, &top(&page)).unwrap(), "hidden=2; seen=1");
}

#[test]
fn cookies_that_break_a_rule_are_refused() {
    use CookieRefused as R;
    let cases = [
        ("https://a.co.uk/", "x=1; Domain=co.uk", true, R::PublicSuffix),
        ("http://a.test/", "x=1; Secure", true, R::Insecure),
        ("https://a.test/", "x=1; SameSite=None", true, R::SameSiteNoneWithoutSecure),
        ("https://a.test/", "x=1; SameSite=Lax", false, R::CrossSite),
        ("https://a.test/", "x=1", false, R::CrossSite),
        ("https://a.test/", "__Secure-x=1", true, R::Prefix),
        ("https://a.test/", "__Host-x=1; Secure", true, R::Prefix),
        ("https://a.test/", "__Host-x=1; Secure; Path=/; Domain=a.test", true, R::Prefix),
        ("https://a.test/", "x=1; Domain=b.test", true, R::Store),
    ];
    for (from, cookie, same_site_allowed, expected) in cases {
        let refused =
            CookieJar::default().set(cookie, &url(from), by(true, same_site_allowed, &top(&url(from))));
        assert_eq!(refused, Err(expected), "{cookie}");
    }
    let long = format!("x={}", "y".repeat(5000));
    assert_eq!(
        CookieJar::default().set(
            &long,
            &url("https://a.test/"),
            by(true, true, &top(&url("https://a.test/")))
        ),
        Err(R::TooLong)
    );
    let good = "__Host-x=1; Secure; Path=/";
    assert_eq!(
        CookieJar::default().set(
            good,
            &url("https://a.test/"),
            by(true, true, &top(&url("https://a.test/")))
        ),
        Ok(())
    );
}

#[test]
fn an_insecure_connection_does_not_replace_a_secure_cookie() {
    let mut jar = jar(&[("https://a.test/", "x=1; Secure; Path=/")]);
    let refused =
        jar.set("x=2; Path=/", &url("http://a.test/"), by(true, true, &top(&url("http://a.test/"))));
    assert_eq!(refused, Err(CookieRefused::WouldReplaceSecure));
}

#[test]
fn a_host_has_a_bounded_number_of_cookies() {
    let mut jar = CookieJar::default();
    let page = url("https://a.test/");
    for n in 0..200 {
        jar.set(&format!("c{n}=1; Max-Age={}", 1000 + n), &page, by(true, true, &top(&page))).unwrap();
    }
    let header = jar.header_for(&page, SameSiteMode::StrictOrLess, &top(&page)).unwrap();
    assert_eq!(header.split("; ").count(), MOST_PER_HOST);
    assert!(!header.contains("c0=") && header.contains("c199="));
}

#[test]
fn clear_forgets_one_host_or_all() {
    let mut jar = jar(&[("https://a.test/", "x=1"), ("https://b.test/", "y=2")]);
    jar.clear(Some(&url("https://a.test/")));
    assert_eq!(
        jar.header_for(&url("https://a.test/"), SameSiteMode::StrictOrLess, &top(&url("https://a.test/"))),
        None
    );
    assert!(
        jar.header_for(&url("https://b.test/"), SameSiteMode::StrictOrLess, &top(&url("https://b.test/")))
            .is_some()
    );
    jar.clear(None);
    assert_eq!(
        jar.header_for(&url("https://b.test/"), SameSiteMode::StrictOrLess, &top(&url("https://b.test/"))),
        None
    );
}

#[test]
fn partitioned_cookies_stay_below_their_top_level_site() {
    let (here, url) = (CookiePartition::of_top_level(&url("https://a.test/")), url("https://w.test/"));
    let below = |top: &str| CookiePartition {
        cross_site: true,
        ..CookiePartition::of_top_level(&super::tests::url(top))
    };
    let (a, b) = (below("https://a.test/"), below("https://www.b.test/"));
    let mut jar = CookieJar::default();
    jar.set("x=0; Secure; SameSite=None", &url, by(true, false, &a)).unwrap();
    jar.set("x=1; Secure; SameSite=None; Partitioned", &url, by(true, false, &a)).unwrap();
    jar.set("y=2; Secure; SameSite=None; Partitioned", &url, by(true, false, &b)).unwrap();
    let sent = |jar: &CookieJar, partition: &CookiePartition| {
        jar.header_for(&url, SameSiteMode::UnsetOrLess, partition).unwrap_or_default()
    };
    assert_eq!(sent(&jar, &a), "x=0; x=1");
    assert_eq!(sent(&jar, &b), "x=0; y=2");
    assert_eq!(sent(&jar, &here), "x=0");
    assert_eq!(jar.for_script(&url, &below("https://b.test/")), "x=0; y=2");
    let refused = jar.set("z=1; Partitioned", &url, by(true, true, &a));
    assert_eq!(refused, Err(CookieRefused::PartitionedWithoutSecure));
    jar.clear_site(&url, &a);
    assert_eq!([sent(&jar, &a), sent(&jar, &b)], ["", "y=2"]);
    jar.clear(Some(&super::tests::url("https://b.test/")));
    assert_eq!(sent(&jar, &b), "");
}
