//! Profiles as such.

use super::*;
use crate::profile::UnknownProfile;

#[test]
fn profiles_are_known_by_name() {
    for profile in Profile::ALL {
        assert_eq!(profile.name().parse(), Ok(profile));
        assert_eq!(profile.to_string(), profile.name());
    }
    let error: UnknownProfile = "nginx".parse::<Profile>().expect_err("there is no such profile");
    assert_eq!(error.to_string(), "found profile \"nginx\"; wanted one of strict, go, express");
    assert_eq!(Profile::default(), Profile::Strict);
}

#[test]
fn what_strict_lets_through_go_lets_through() {
    // Each of these is refused by the Go host, so it must be refused by strict.
    type Play = fn(&mut Hand) -> Result<u64, Trap>;
    let plays: [Play; 8] = [
        |hand| hand.give(Function::SetMethod, ""),
        |hand| hand.give(Function::SetUri, "no slash"),
        |hand| hand.set(HeaderKind::Request, "", ""),
        |hand| hand.status(42),
        |hand| hand.call(Function::ReadBody, &[0, 0, 0]),
        |hand| hand.call(Function::ReadBody, &[1, 0, 1]),
        |hand| hand.call(Function::GetStatusCode, &[]),
        |hand| hand.call(Function::WriteBody, &[2, 0, 0]),
    ];
    for (index, play) in plays.into_iter().enumerate() {
        for profile in [Profile::Go, Profile::Strict] {
            let result = play(&mut Hand::request(profile));
            assert!(result.is_err(), "play {index} passes on {profile}");
        }
    }
}
