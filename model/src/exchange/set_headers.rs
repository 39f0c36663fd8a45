//! The few headers that a guest has set for a response that it does not look at.

use http::header::{Entry, MaxSizeReached};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::header_map::Headers;
use super::response_state::HeaderClash;
use crate::profile::Profile;

type Header = (HeaderName, HeaderValue);

/// A few headers, taken out of an exchange; most guests set one.
#[derive(Debug, Default)]
pub struct SetHeaders {
    one: Option<Header>,
    /// All of them, where they are not one.
    more: Vec<Header>,
}

impl SetHeaders {
    /// Takes all of them out, where they are a list; what was allocated for one stays.
    pub(super) fn take_from(headers: &mut Headers) -> Self {
        match headers.list_mut() {
            None => Self::default(),
            Some(list) if list.len() <= 1 => Self { one: list.pop(), more: Vec::new() },
            Some(list) => Self { one: None, more: std::mem::take(list) },
        }
    }

    /// Adds them to those that the next handler has sent, as
    /// [`Exchange::answer`](super::Exchange::answer) does. `report` gets the
    /// names that both have set, which hosts treat differently.
    ///
    /// # Errors
    ///
    /// When there is no room for them.
    pub fn add_to(
        self,
        theirs: &mut HeaderMap,
        profile: Profile,
        mut report: impl FnMut(HeaderClash<'_>),
    ) -> Result<(), MaxSizeReached> {
        let rules = profile.rules();
        let Self { one, more } = self;
        let clashes = |(name, _): &Header| theirs.contains_key(name);
        // Most guests set one header, and this list is empty.
        let (mut clashing, new): (Vec<_>, Vec<_>) = more.into_iter().partition(clashes);
        match one {
            Some(header) if clashes(&header) => clashing.push(header),
            Some((name, value)) => _ = theirs.try_append(name, value)?,
            None => {}
        }
        for (name, value) in new {
            theirs.try_append(name, value)?;
        }
        if rules.reports {
            for (index, (name, _)) in clashing.iter().enumerate() {
                if !clashing[..index].iter().any(|(earlier, _)| earlier == name) {
                    report(HeaderClash(name.as_str()));
                }
            }
        }
        if rules.exact_case {
            return Ok(());
        }
        // Those of the guest come first.
        while let Some((name, value)) = clashing.pop() {
            if let Ok(Entry::Occupied(mut entry)) = theirs.try_entry(name) {
                let later: Vec<_> = entry.iter().cloned().collect();
                entry.insert(value);
                later.into_iter().for_each(|value| entry.append(value));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::exchange::{
        Exchange, InstanceSettings, Problem, Request, Response, Settings, header_map::Write,
    };

    /// All lists of up to three headers with two names.
    fn lists(source: &str) -> Vec<Vec<(&'static str, String)>> {
        let mut lists = vec![Vec::new()];
        for length in 1..=3 {
            let longer = lists.clone().into_iter().filter(|list| list.len() == length - 1);
            let longer = longer.flat_map(|list| {
                ["a", "b"].map(|name| {
                    let mut list = list.clone();
                    list.push((name, format!("{source}{length}")));
                    list
                })
            });
            lists.extend(longer.collect::<Vec<_>>());
        }
        lists
    }

    #[test]
    fn headers_that_were_taken_out_are_added_as_those_of_an_exchange() {
        for profile in Profile::ALL {
            for (mine, theirs) in lists("guest").iter().flat_map(|mine| {
                lists("next").into_iter().map(move |theirs| (mine.clone(), theirs))
            }) {
                let settings = Settings { profile, ..Settings::default() };
                let instance = InstanceSettings { settings, ..InstanceSettings::default() };
                let mut whole = Exchange::for_request(Arc::new(instance), Request::default());
                for (name, value) in &mine {
                    let (name, value) = (name.parse().unwrap(), value.parse().unwrap());
                    whole.response.headers.write(name, value, Write::Append);
                }
                let mut part = whole.clone();
                let headers = theirs.iter().cloned().collect();
                whole.answer(Ok(Response { headers, chunked: true, ..Response::default() }));

                let mut map: HeaderMap = theirs
                    .iter()
                    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                    .collect();
                let mut problems = Vec::<Problem>::new();
                let taken = part.take_response_headers();
                taken.add_to(&mut map, profile, |clash| problems.push(clash.into())).unwrap();
                problems.sort_by(|one, other| one.message.cmp(&other.message));
                assert_eq!(Headers::from(map), whole.response.headers, "{mine:?} {theirs:?}");
                assert_eq!(problems, whole.problems(), "{mine:?} {theirs:?}");
            }
        }
    }
}
