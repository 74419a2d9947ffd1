//! What runs in processes that tests start and kill. In an ordinary run of the tests these do nothing.

use bgfetch::NativeFetch;

use crate::support::child::{Given, given, tell};
use crate::support::{Embedder, builder, get};

/// Fetches a film, or goes on with it, and says how far it is.
#[test]
fn fetch_a_film() {
    let Some(Given { profile, site }) = given() else { return };
    let engine = builder(&profile, &Embedder::new()).build().unwrap();
    let before = get(engine.background_fetches()).pop();
    let fetch = before.unwrap_or_else(|| {
        let film = site.join("film").unwrap();
        get(engine.background_fetch(NativeFetch::new(site.clone(), "film").get(film)))
    });
    tell("started");
    loop {
        let seen = fetch.progress();
        if seen.downloaded == 20 << 20 {
            tell("at the hold");
        }
        get(fetch.changed(seen));
    }
}

/// Fetches a small file, and never lets go of it.
#[test]
fn fetch_and_forget() {
    let Some(Given { profile, site }) = given() else { return };
    let engine = builder(&profile, &Embedder::new()).build().unwrap();
    let fetch = NativeFetch::new(site.clone(), "small").get(site.join("small").unwrap());
    let fetch = get(engine.background_fetch(fetch));
    get(fetch.settled());
    tell("settled");
    loop {
        std::thread::park();
    }
}
