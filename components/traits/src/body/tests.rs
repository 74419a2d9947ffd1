use super::*;

#[test]
fn chunks_arrive_in_order_and_then_the_end() {
    let (mut writer, mut reader) = pipe(4);
    let producer = std::thread::spawn(move || {
        for n in 0..100_u8 {
            writer.write_blocking(Bytes::copy_from_slice(&[n; 3])).unwrap();
        }
        writer.finish(Ok(()));
    });
    let mut seen = Vec::new();
    while let Some(chunk) = reader.read_blocking() {
        seen.push(chunk.unwrap()[0]);
    }
    producer.join().unwrap();
    assert_eq!(seen, (0..100).collect::<Vec<u8>>());
}

#[test]
fn a_full_pipe_makes_the_writer_wait() {
    let (mut writer, mut reader) = pipe(2);
    let mut cx = Context::from_waker(Waker::noop());
    writer.push(Bytes::from_static(b"abc")).unwrap();
    assert!(writer.poll_ready(&mut cx).is_pending());
    assert_eq!(reader.read_blocking().unwrap().unwrap(), "abc");
    assert!(writer.poll_ready(&mut cx).is_ready());
}

#[test]
fn a_dropped_reader_closes_the_writer_and_a_dropped_writer_fails_the_reader() {
    let (mut writer, reader) = pipe(8);
    drop(reader);
    assert_eq!(writer.push(Bytes::from_static(b"x")), Err(Closed));
    let (writer, mut reader) = pipe(8);
    drop(writer);
    assert!(matches!(reader.read_blocking(), Some(Err(BodyError::Source(_)))));
}

#[test]
fn a_draining_reader_is_woken_for_enough_bytes_for_a_full_pipe_and_for_the_end() {
    struct Count(std::sync::atomic::AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let count = Arc::new(Count(0.into()));
    let woken = || count.0.load(std::sync::atomic::Ordering::Relaxed);
    let waker = Waker::from(Arc::clone(&count));
    let mut cx = Context::from_waker(&waker);
    let (mut writer, mut reader) = pipe(8);
    assert!(reader.poll_drain(&mut cx, 4).is_pending());
    writer.push(Bytes::from_static(b"ab")).unwrap();
    assert_eq!(woken(), 0);
    writer.push(Bytes::from_static(b"cd")).unwrap();
    assert_eq!(woken(), 1);
    let Poll::Ready(Some(Ok(chunks))) = reader.poll_drain(&mut cx, 4) else { panic!("not drained") };
    assert_eq!(chunks, ["ab", "cd"]);
    assert!(reader.poll_drain(&mut cx, 1000).is_pending());
    writer.push(Bytes::from_static(b"12345678")).unwrap();
    assert_eq!(woken(), 2);
    assert!(reader.poll_drain(&mut cx, 1000).is_ready());
    assert!(reader.poll_drain(&mut cx, 4).is_pending());
    writer.push(Bytes::from_static(b"e")).unwrap();
    writer.finish(Err(BodyError::Aborted));
    assert_eq!(woken(), 3);
    assert!(matches!(reader.poll_drain(&mut cx, 4), Poll::Ready(Some(Ok(_)))));
    assert_eq!(reader.poll_drain(&mut cx, 4), Poll::Ready(Some(Err(BodyError::Aborted))));
}

#[test]
fn broken_off_from_outside_both_ends_learn_of_it() {
    let (mut writer, mut reader) = pipe(8);
    let breaker = reader.breaker();
    writer.push(Bytes::from_static(b"abc")).unwrap();
    breaker.break_off(BodyError::Aborted);
    assert_eq!(writer.push(Bytes::from_static(b"d")), Err(Closed));
    assert_eq!(reader.read_blocking(), Some(Err(BodyError::Aborted)));
    // What was whole stays whole.
    let mut whole = BodyReader::from_bytes("abc");
    whole.breaker().break_off(BodyError::Aborted);
    assert_eq!(whole.read_blocking().unwrap().unwrap(), "abc");
    assert_eq!(whole.read_blocking(), None);
}

#[test]
fn a_writer_learns_when_bytes_are_wanted() {
    let (mut writer, mut reader) = pipe(8);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(writer.poll_wanted(&mut cx).is_pending());
    assert!(reader.poll_read(&mut cx).is_pending());
    assert_eq!(writer.poll_wanted(&mut cx), Poll::Ready(Ok(())));
    drop(reader);
    assert_eq!(writer.poll_wanted(&mut cx), Poll::Ready(Err(Closed)));
}

#[test]
fn who_wants_to_know_is_told_before_the_end_is_seen() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let told = Arc::clone(&told);
        move || told.lock().push(what.to_owned())
    };
    let (mut writer, reader) = pipe(8);
    let log = Arc::clone(&told);
    reader.when_written(move |length| log.lock().push(format!("written {length}")));
    let mut reader = reader.before_end(note("read"));
    writer.push(Bytes::from_static(b"abc")).unwrap();
    writer.finish(Ok(()));
    assert_eq!(*told.lock(), ["written 3"]);
    assert_eq!(reader.read_blocking().unwrap().unwrap(), "abc");
    assert_eq!(reader.read_blocking(), None);
    assert_eq!(*told.lock(), ["written 3", "read"]);
    // Nothing is told of a body that breaks; of one that is whole at once.
    let (writer, reader) = pipe(8);
    let log = Arc::clone(&told);
    reader.when_written(move |_| log.lock().push("broken".to_owned()));
    writer.finish(Err(BodyError::Aborted));
    let mut reader = reader.before_end(note("end of what is broken"));
    assert_eq!(reader.read_blocking(), Some(Err(BodyError::Aborted)));
    let log = Arc::clone(&told);
    BodyReader::from_bytes("xy").when_written(move |length| log.lock().push(format!("whole {length}")));
    assert_eq!(*told.lock(), ["written 3", "read", "whole 2"]);
}

#[test]
fn reading_forgets_which_stored_body_it_was() {
    let key = crate::ids::StorageKey::of_url(&"https://a.test/".parse().unwrap()).unwrap();
    let stored = StoredBody { partition: key, body: crate::ids::BodyId(1), length: 1 };
    let mut reader = BodyReader::from_bytes("x").backed_by(stored.clone());
    assert_eq!(reader.stored(), Some(&stored));
    assert_eq!(reader.read_blocking().unwrap().unwrap(), "x");
    assert_eq!(reader.stored(), None);
}
