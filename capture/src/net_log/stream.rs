//! Reads the JSON of a log event by event.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::time::Duration;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::assembler::Assembler;
use super::event::{Event, Params, RawEvent};
use super::names::Names;
use super::recording::shortened;
use super::{NetLogError, NetLogSummary};
use crate::recording::ConnectionSink;

/// The longest event, in octets. Chrome logs what one call read or wrote, which is far less. Parsed, a hostile event needs
/// sixteen times as much memory.
const LONGEST_EVENT: u64 = 4 << 20;
/// The longest value behind the events. The parser keeps an octet for each level of nesting.
const LONGEST_REST: u64 = 64 << 20;

pub fn read(input: impl Read, sink: &mut ConnectionSink<'_>) -> Result<NetLogSummary, NetLogError> {
    let left = Cell::new(LONGEST_EVENT);
    let limited = Limited { inner: BufReader::new(input), left: &left };
    let mut assembler = Assembler::new(sink);
    let mut deserializer = serde_json::Deserializer::from_reader(limited);
    let result = Log { assembler: &mut assembler, left: &left }.deserialize(&mut deserializer);
    let is_net_log = assembler.names.is_net_log();
    assembler.summary.capture_mode = assembler.names.capture_mode.take();
    let mut summary = assembler.finish();
    let Err(error) = result else {
        return if is_net_log {
            Ok(summary)
        } else {
            Err(NetLogError::NotANetLog("JSON without the names of events".to_owned()))
        };
    };
    let is_too_long = left.get() == 0;
    match error.classify() {
        Category::Io if !is_too_long => Err(NetLogError::Io(error.into())),
        _ if !is_net_log => Err(NetLogError::NotANetLog(error.to_string())),
        Category::Eof => {
            summary.stopped = Some("the log is truncated: it ends within its events".to_owned());
            Ok(summary)
        }
        Category::Io => {
            summary.stopped = Some("an event or another value is longer than the reader holds".to_owned());
            Ok(summary)
        }
        Category::Syntax | Category::Data => {
            summary.stopped = Some(error.to_string());
            Ok(summary)
        }
    }
}

/// Ends reading in an event that is too long to be held.
struct Limited<'a, R> {
    inner: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other("the event is too long"));
        }
        let size = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.inner.read(&mut buffer[..size])?;
        self.left.set(left - read as u64);
        Ok(read)
    }
}

/// The object that is a log.
struct Log<'s, 'a, 'b> {
    assembler: &'s mut Assembler<'a, 'b>,
    left: &'s Cell<u64>,
}

impl<'de> DeserializeSeed<'de> for Log<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Log<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `constants` and `events`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "constants" => map.next_value_seed(Constants { names: &mut self.assembler.names })?,
                "events" if self.assembler.names.is_net_log() => {
                    map.next_value_seed(Events { assembler: self.assembler, left: self.left })?;
                }
                "events" => return Err(A::Error::custom("events in front of the constants that name them")),
                // What Chrome adds at the end may be long.
                _ => {
                    self.left.set(LONGEST_REST);
                    map.next_value::<IgnoredAny>()?;
                }
            }
            self.left.set(LONGEST_EVENT);
        }
        Ok(())
    }
}

/// The object that maps names to numbers.
struct Constants<'s> {
    names: &'s mut Names,
}

impl<'de> DeserializeSeed<'de> for Constants<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Constants<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object `constants`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Constants { names } = self;
        while let Some(key) = map.next_key::<String>()? {
            let mut entries = |add: &mut dyn FnMut(&str, i64)| map.next_value_seed(Numbers { add });
            match key.as_str() {
                "logEventTypes" => entries(&mut |name, number| names.add_event(name, number))?,
                "logEventPhase" => entries(&mut |name, number| {
                    if name == "PHASE_END" {
                        names.end = Some(number);
                    }
                })?,
                "netError" => entries(&mut |name, number| names.add_error(name, number))?,
                "logCaptureMode" => {
                    let mode = map.next_value::<serde_json::Value>()?;
                    names.capture_mode = mode.as_str().map(|mode| shortened(mode, 64));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// An object of names and numbers, which are passed on one by one.
struct Numbers<'s> {
    add: &'s mut dyn FnMut(&str, i64),
}

impl<'de> DeserializeSeed<'de> for Numbers<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Numbers<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of names and numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, number)) = map.next_entry::<String, i64>()? {
            (self.add)(&name, number);
        }
        Ok(())
    }
}

/// The list of events.
struct Events<'s, 'a, 'b> {
    assembler: &'s mut Assembler<'a, 'b>,
    left: &'s Cell<u64>,
}

impl<'de> DeserializeSeed<'de> for Events<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Events<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list `events`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        let mut start = None;
        self.left.set(LONGEST_EVENT);
        while let Some(raw) = events.next_element::<Box<RawValue>>()? {
            self.left.set(LONGEST_EVENT);
            self.assembler.summary.events += 1;
            if add(self.assembler, raw.get(), &mut start).is_none() {
                self.assembler.summary.broken_events += 1;
            }
        }
        Ok(())
    }
}

/// Adds one event. Returns `None` if it does not have the form of one.
fn add(assembler: &mut Assembler<'_, '_>, raw: &str, start: &mut Option<u64>) -> Option<()> {
    let raw: RawEvent<'_> = serde_json::from_str(raw).ok()?;
    let time = raw.milliseconds()?;
    let start = *start.get_or_insert(time);
    let Some(kind) = assembler.names.kind(raw.kind) else { return Some(()) };
    let event = Event {
        source: raw.source.id,
        number: assembler.summary.events,
        time: Duration::from_millis(time.saturating_sub(start)),
        params: Params::parse(raw.params),
    };
    assembler.add(kind, assembler.names.end == Some(raw.phase), &event);
    Some(())
}
