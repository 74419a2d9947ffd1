//! A background fetch of many records: each event costs the same however many there are.

use bgfetch_core::{Call, Config, Effect, FetchCall, FetchClient, Input, Machine, RecordEvent, Write};
use bgfetch_traits::background_fetch::BackgroundFetchOptions;
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::ids::{BackgroundFetchId, BodyId};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{StorageEstimate, StoreOutcome};
use std::collections::VecDeque;

use crate::rig::{HERE, get, page, partition};

#[derive(Default)]
struct Cost {
    most_effects: usize,
    whole_writes: usize,
    record_writes: usize,
    other_writes: usize,
    in_flight: usize,
    most_in_flight: usize,
    success: bool,
}

fn run(records: u32) -> Cost {
    let client = FetchClient {
        partition: partition(),
        url: page(),
        policy: PolicyContainer::default(),
        permission: PermissionState::Granted,
        estimate: StorageEstimate { usage: 0, quota: 1 << 30 },
    };
    let call = FetchCall {
        fetch: BackgroundFetchId(1),
        registration: HERE,
        active_worker: true,
        client,
        id: "map".to_owned(),
        records: (0..records).map(|n| get(&format!("/tile/{n}"))).collect(),
        options: BackgroundFetchOptions::default(),
        reply: Reply::ignore(),
    };
    let mut machine = Machine::new(Config::default());
    let mut inputs = VecDeque::from([Input::Call(Call::Fetch(Box::new(call)))]);
    let mut cost = Cost::default();
    while let Some(input) = inputs.pop_front() {
        let about_a_record = matches!(input, Input::Record { .. });
        let effects = machine.handle(0, input);
        if about_a_record {
            cost.most_effects = cost.most_effects.max(effects.len());
        }
        for effect in effects {
            match effect {
                Effect::StartFetch(start) => {
                    cost.in_flight += 1;
                    cost.most_in_flight = cost.most_in_flight.max(cost.in_flight);
                    let event = RecordEvent::Head(Ok(Box::default()));
                    inputs.push_back(Input::Record { record: start.record, attempt: start.attempt, event });
                }
                Effect::CreateBody { record, attempt, .. } => {
                    let event = RecordEvent::BodyCreated(Ok(BodyId(u64::from(record.index))));
                    inputs.push_back(Input::Record { record, attempt, event });
                }
                Effect::StoreBody { record, attempt, .. } => {
                    cost.in_flight -= 1;
                    let event = RecordEvent::BodyEnded(StoreOutcome { length: 1, result: Ok(()) });
                    inputs.push_back(Input::Record { record, attempt, event });
                }
                Effect::Persist { write, ticket, .. } => {
                    match write {
                        Write::BackgroundFetch(_) => cost.whole_writes += 1,
                        Write::Record(..) => cost.record_writes += 1,
                        Write::State(..) | Write::Delete(_) => cost.other_writes += 1,
                    }
                    inputs.extend(ticket.map(|ticket| Input::Persisted { ticket, result: Ok(()) }));
                }
                Effect::FireEvent { info, .. } => {
                    cost.success = info.progress.downloaded == u64::from(records);
                }
                _ => {}
            }
        }
    }
    cost
}

#[test]
fn writes_and_effects_of_a_record_do_not_depend_on_how_many_there_are() {
    for records in [10, 1_000, 20_000] {
        let cost = run(records);
        assert!(cost.success);
        assert_eq!((cost.whole_writes, cost.other_writes), (1, 1));
        assert_eq!(cost.record_writes, 2 * records as usize, "its response, and its result");
        assert!(cost.most_effects <= 6, "{}", cost.most_effects);
        assert!(cost.most_in_flight <= 32, "{}", cost.most_in_flight);
    }
}
