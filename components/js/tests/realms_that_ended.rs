//! Calls of the engine that take any context were once given that of a realm that had been freed.

use bgfetch_js::{Realm, RealmOptions, Runtime, RuntimeOptions};

#[test]
fn their_contexts_are_not_used() {
    let runtime = Runtime::new(RuntimeOptions::default(), &[]).unwrap();
    let stays = Realm::new(RealmOptions::default()).unwrap();
    let function = stays.evaluate_script("(() => {})", "a.js", 1).unwrap();
    let array = stays.evaluate_script("[]", "a.js", 1).unwrap();
    for _ in 0..20 {
        let ends = Realm::new(RealmOptions::default()).unwrap();
        ends.forget();
        drop(ends);
        Runtime::collect_garbage();
        // Another takes memory that was freed.
        drop(stays.evaluate_script("new Array(1000).fill(0).map(i => [i])", "a.js", 1).unwrap());
        assert!(function.is_callable());
        assert!(!array.is_callable());
        assert!(function.same_value(&function));
        assert!(function.as_object().unwrap().associated_realm(&stays).is_same(&stays));
    }
    stays.forget();
    // Nothing is asked of the engine any more.
    assert!(!function.is_callable());
    drop((function, array, stays));
    drop(runtime);
}

#[test]
fn nor_those_of_realms_there_was_no_memory_for() {
    let options = RuntimeOptions { memory_limit: 1 << 20, ..RuntimeOptions::default() };
    let runtime = Runtime::new(options, &[]).unwrap();
    let stays = Realm::new(RealmOptions::default()).unwrap();
    let function = stays.evaluate_script("(() => {})", "a.js", 1).unwrap();
    let mut realms = Vec::new();
    for _ in 0..100 {
        match Realm::new(RealmOptions::default()) {
            Ok(realm) => realms.push(realm),
            Err(_) => break,
        }
    }
    assert!(realms.len() < 100);
    assert!(function.is_callable());
    for realm in realms {
        realm.forget();
    }
    Runtime::collect_garbage();
    assert!(function.is_callable());
    stays.forget();
    drop((function, stays));
    drop(runtime);
}
