//! The length rule, and buffers that are not the guest's.

use super::*;

const GETTERS: [Function; 4] =
    [Function::GetMethod, Function::GetUri, Function::GetProtocolVersion, Function::GetSourceAddr];

#[test]
fn a_value_above_the_limit_is_not_written() {
    for function in GETTERS {
        let mut hand = Hand::request(Profile::Strict);
        let value = hand.text(function).expect("there is room");
        let len = value.len() as u64;
        hand.memory[BUFFER..BUFFER + 64].fill(b'#');
        for limit in [0, len - 1] {
            assert_eq!(hand.call(function, &[BUFFER as u64, limit]), Ok(len), "{function}");
            assert_eq!(hand.memory[BUFFER..BUFFER + 64], [b'#'; 64], "{function}");
        }
        assert_eq!(hand.call(function, &[BUFFER as u64, len]), Ok(len));
        assert_eq!(&hand.memory[BUFFER..BUFFER + value.len()], value.as_bytes());
        assert_eq!(hand.memory[BUFFER + value.len()], b'#', "no more than the value is written");
    }
}

#[test]
fn a_list_above_the_limit_is_not_written() {
    let mut hand = Hand::request(Profile::Strict);
    hand.set(HeaderKind::Request, "a", "").expect("a header can be empty");
    hand.set(HeaderKind::Request, "bc", "1").expect("no trap");
    hand.add(HeaderKind::Request, "bc", "23").expect("no trap");
    let wanted = CountLen::new(2, 5).bits();
    for limit in [0, 4] {
        let args = [0, BUFFER as u64, limit];
        assert_eq!(hand.call(Function::GetHeaderNames, &args), Ok(wanted));
        assert_eq!(hand.memory[BUFFER], 0);
    }
    assert_eq!(hand.call(Function::GetHeaderNames, &[0, BUFFER as u64, 5]), Ok(wanted));
    assert_eq!(&hand.memory[BUFFER..BUFFER + 6], b"a\0bc\0\0");
    assert_eq!(hand.values(HeaderKind::Request, "bc"), Ok(vec!["1".to_owned(), "23".to_owned()]));
    assert_eq!(&hand.memory[BUFFER..BUFFER + 5], b"1\x0023\0");
    assert_eq!(hand.values(HeaderKind::Request, "a"), Ok(vec![String::new()]));
    assert_eq!(hand.values(HeaderKind::Request, "d"), Ok(vec![]));
}

#[test]
fn a_nul_inside_a_value_is_not_escaped() {
    let mut hand = Hand::request(Profile::Go);
    hand.set(HeaderKind::Request, "a", "b\0c").expect("the Go host takes it");
    let name = hand.put(b"a").0;
    let args = [0, name, 1, BUFFER as u64, 64];
    assert_eq!(hand.call(Function::GetHeaderValues, &args), Ok(CountLen::new(1, 4).bits()));
    assert_eq!(&hand.memory[BUFFER..BUFFER + 4], b"b\0c\0");
}

#[test]
fn the_last_byte_of_memory_belongs_to_the_guest() {
    let mut hand = Hand::request(Profile::Strict);
    let end = (SIZE - 3) as u64;
    assert_eq!(hand.call(Function::GetMethod, &[end, 3]), Ok(3));
    assert_eq!(&hand.memory[SIZE - 3..], b"GET");
    assert_eq!(hand.call(Function::SetMethod, &[end, 3]), Ok(0));
}

#[test]
fn the_phase_is_checked_before_memory_and_memory_before_values() {
    let outside = SIZE as u64;
    for profile in Profile::ALL {
        let mut hand = Hand::over(Exchange::new(settings(profile)));
        for (function, args) in [
            (Function::SetMethod, vec![outside, 2]),
            (Function::SetUri, vec![outside, 2]),
            (Function::GetHeaderValues, vec![0, outside, 2, BUFFER as u64, 100]),
            (Function::SetHeaderValue, vec![0, outside, 2, outside, 2]),
            (Function::RemoveHeader, vec![0, outside, 2]),
            (Function::ReadBody, vec![0, outside, 2]),
            (Function::WriteBody, vec![0, outside, 2]),
        ] {
            traps(hand.call(function, &args), TrapKind::Phase, "called during initialisation");
        }
        let mut hand = Hand::request(profile);
        let (bad, _) = hand.put(b"a b");
        traps(
            hand.call(Function::SetHeaderValue, &[1, bad, 3, outside, 2]),
            TrapKind::Memory,
            "the value at 0x10000, 2 bytes",
        );
        traps(
            hand.call(Function::SetHeaderValue, &[1, bad, 0, outside, 2]),
            TrapKind::Name,
            "an empty header name",
        );
    }
}
