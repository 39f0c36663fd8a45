//! `poll_oneoff`: waits for clocks. Whatever else can be waited for is ready at once.

use std::time::{Duration, Instant};

use wasmtime::Caller;

use super::{errno, time};
use crate::engine::epoch::TICK;
use crate::engine::state::{State, with_memory};
use crate::engine::timer;
use http_wasm_model::exchange::{LinearMemory, Memory};

/// Size of a subscription, in bytes.
const SUBSCRIPTION: u64 = 48;
/// Size of an event, in bytes.
const EVENT: u64 = 32;
/// Tags of subscriptions.
const CLOCK: u8 = 0;
const FD_WRITE: u8 = 2;
/// The flag of a clock subscription whose timeout is a point in time.
const ABSOLUTE: u16 = 1;
/// Longer than any guest runs.
const FOREVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// What `poll_oneoff` does.
pub(super) async fn poll_oneoff(
    caller: &mut Caller<'_, State>,
    (subscriptions, events, count, written): (u32, u32, u32, u32),
) -> wasmtime::Result<u32> {
    let poll = Poll { subscriptions: subscriptions.into(), events: events.into(), count };
    let now = Now::new();
    let wait = with_memory(caller, |bytes, _| poll.wait(&LinearMemory(bytes), &now))?;
    let wait = match wait {
        Ok(wait) => wait,
        Err(number) => return Ok(number),
    };
    if !wait.is_zero() {
        sleep(caller, wait).await?;
    }
    with_memory(caller, |bytes, state| {
        let mut memory = LinearMemory(bytes);
        let waited = now.instant.elapsed().max(wait);
        let report = poll.report(&mut memory, state, &now, waited).and_then(|reported| {
            let is_written = memory.write(written.into(), &reported.to_le_bytes());
            if is_written { Ok(errno::SUCCESS) } else { Err(errno::FAULT) }
        });
        report.unwrap_or_else(|number| number)
    })
}

/// Gives the thread away for so long, or until the time of the hook is over; then it traps.
async fn sleep(caller: &mut Caller<'_, State>, duration: Duration) -> wasmtime::Result<()> {
    let now = Instant::now();
    let state = caller.data_mut();
    // The tick that it is in, and those after it.
    let ticks = u32::try_from(state.ticks).unwrap_or(u32::MAX).saturating_add(1);
    let left = TICK.saturating_mul(ticks).min(FOREVER);
    let until = now + duration.min(FOREVER);
    if !state.deadline.is_limited {
        return Ok(timer::sleep_until(until).await?);
    }
    let deadline = *state.deadline.at.get_or_insert(now + left);
    timer::sleep_until(until.min(deadline)).await?;
    if until > deadline {
        return Err(wasmtime::Trap::Interrupt.into());
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let ticks = u64::try_from(left.as_micros() / TICK.as_micros()).unwrap_or(u64::MAX);
    let state = caller.data_mut();
    state.ticks = state.ticks.min(ticks);
    Ok(())
}

/// The clocks at the beginning of a call.
struct Now {
    instant: Instant,
    realtime: Result<u64, u32>,
    monotonic: Result<u64, u32>,
}

impl Now {
    fn new() -> Self {
        Self { instant: Instant::now(), realtime: time(0), monotonic: time(1) }
    }
}

/// The arguments of a call.
struct Poll {
    subscriptions: u64,
    events: u64,
    count: u32,
}

/// What a guest waits for.
enum Subscription {
    /// A time that comes so long after the beginning of the call.
    Clock(Duration),
    /// Something that is ready or never will be, with its tag.
    Fd { tag: u8, fd: u32 },
    /// A clock that there is not.
    NoClock(u32),
}

impl Poll {
    /// How long to wait until one of the subscriptions is ready.
    fn wait(&self, memory: &LinearMemory<'_>, now: &Now) -> Result<Duration, u32> {
        if self.count == 0 {
            return Err(errno::INVAL);
        }
        // What the guest has no memory for is refused before anything is waited for.
        for (place, size) in [(self.subscriptions, SUBSCRIPTION), (self.events, EVENT)] {
            let len = u32::try_from(size * u64::from(self.count));
            if !len.is_ok_and(|len| memory.contains(place, len)) {
                return Err(errno::FAULT);
            }
        }
        let mut wait = Duration::MAX;
        for index in 0..self.count {
            wait = wait.min(match self.subscription(memory, now, index)?.1 {
                Subscription::Clock(due) => due,
                Subscription::Fd { .. } | Subscription::NoClock(_) => Duration::ZERO,
            });
        }
        Ok(wait)
    }

    /// Writes an event for each subscription that is ready; gives their number.
    fn report(
        &self,
        memory: &mut LinearMemory<'_>,
        state: &mut State,
        now: &Now,
        waited: Duration,
    ) -> Result<u32, u32> {
        let mut reported = 0;
        for index in 0..self.count {
            let (userdata, subscription) = self.subscription(memory, now, index)?;
            let (tag, error) = match subscription {
                Subscription::Clock(due) if due > waited => continue,
                Subscription::Clock(_) => (CLOCK, errno::SUCCESS),
                Subscription::NoClock(error) => (CLOCK, error),
                Subscription::Fd { tag, fd } => {
                    let is_open = match fd {
                        0 => tag != FD_WRITE,
                        1 | 2 => tag == FD_WRITE,
                        fd => tag != FD_WRITE && state.files.is_open(fd.into()),
                    };
                    (tag, if is_open { errno::SUCCESS } else { errno::BADF })
                }
            };
            let mut event = [0; EVENT as usize];
            event[..8].copy_from_slice(&userdata);
            event[8..10].copy_from_slice(&(error as u16).to_le_bytes());
            event[10] = tag;
            let place = self.events + EVENT * u64::from(reported);
            if !memory.write(place, &event) {
                return Err(errno::FAULT);
            }
            reported += 1;
        }
        Ok(reported)
    }

    /// A subscription, and what its event has to repeat.
    fn subscription(
        &self,
        memory: &LinearMemory<'_>,
        now: &Now,
        index: u32,
    ) -> Result<([u8; 8], Subscription), u32> {
        let at = self.subscriptions + SUBSCRIPTION * u64::from(index);
        let bytes = memory.read(at, SUBSCRIPTION as u32).ok_or(errno::FAULT)?;
        let (userdata, rest) = bytes.split_first_chunk::<8>().ok_or(errno::FAULT)?;
        let word = |at: usize| {
            let bytes = rest.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map(u32::from_le_bytes).ok_or(errno::FAULT)
        };
        let tag = rest[0];
        if tag > FD_WRITE {
            return Err(errno::INVAL);
        }
        if tag != CLOCK {
            return Ok((*userdata, Subscription::Fd { tag, fd: word(8)? }));
        }
        let timeout = u64::from(word(16)?) | u64::from(word(20)?) << 32;
        let clock = match word(8)? {
            0 => now.realtime,
            1 => now.monotonic,
            _ => Err(errno::INVAL),
        };
        let is_absolute = word(32)? as u16 & ABSOLUTE != 0;
        let subscription = match clock {
            Ok(clock) if is_absolute => {
                Subscription::Clock(Duration::from_nanos(timeout.saturating_sub(clock)))
            }
            Ok(_) => Subscription::Clock(Duration::from_nanos(timeout)),
            Err(error) => Subscription::NoClock(error),
        };
        Ok((*userdata, subscription))
    }
}
