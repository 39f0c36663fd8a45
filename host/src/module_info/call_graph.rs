//! Which functions of a module call which.

use super::ModuleInfo;

/// Functions that call each other in a circle, or one function that is in no circle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallGroup {
    /// The functions; one that is [`ModuleInfo::table_node`] stands for what calls through a table
    /// reach.
    pub members: Vec<u32>,
    /// Whether they call each other, or the one calls itself.
    pub is_recursive: bool,
}

/// What is above every number that a function can have: its group is complete.
const DONE: u32 = u32::MAX;

impl ModuleInfo {
    /// The node of the call graph that stands for calls through a table: who makes one calls it, and
    /// it calls all functions that are in tables.
    #[must_use]
    pub fn table_node(&self) -> u32 {
        self.function_count()
    }

    /// What a node calls directly.
    pub fn callees(&self, node: u32) -> impl Iterator<Item = u32> {
        (0..).map_while(move |index| self.callee(node, index))
    }

    fn callee(&self, node: u32, index: usize) -> Option<u32> {
        if node == self.table_node() {
            return self.table_functions.get(index).copied();
        }
        let body = self.body(node)?;
        let after_all = index == body.calls.len() && body.calls_unknown;
        body.calls.get(index).copied().or_else(|| after_all.then(|| self.table_node()))
    }

    /// Everything that can be reached from some functions, in groups. A group comes after all others
    /// that it calls, so one pass over the list computes what depends on callees.
    #[must_use]
    pub fn call_groups(&self, entries: impl IntoIterator<Item = u32>) -> Vec<CallGroup> {
        let lows = vec![0; self.table_node() as usize + 1];
        let mut walk = Walk { info: self, lows, next: 1, open: Vec::new(), groups: Vec::new() };
        for entry in entries {
            walk.visit(entry);
        }
        walk.groups
    }

    /// For each function whether it is marked or may call one that is, as far as it can be reached
    /// from `entries`. A call through a table counts as marked: the callee is not known.
    #[must_use]
    pub fn may_reach(
        &self,
        entries: impl IntoIterator<Item = u32>,
        is_marked: impl Fn(u32) -> bool,
    ) -> Vec<bool> {
        let table = self.table_node();
        let mut reaches = vec![false; table as usize + 1];
        for group in self.call_groups(entries) {
            let found = group.members.iter().any(|&node| {
                node == table
                    || is_marked(node)
                    || self
                        .callees(node)
                        .any(|callee| reaches.get(callee as usize).copied().unwrap_or_default())
            });
            for node in group.members {
                reaches[node as usize] = found;
            }
        }
        reaches
    }
}

/// Tarjan's algorithm, without recursion, because modules nest calls as deep as they like.
struct Walk<'a> {
    info: &'a ModuleInfo,
    /// 0 for what was not visited; else the earliest open node that is known to be reached from here;
    /// or [`DONE`].
    lows: Vec<u32>,
    next: u32,
    /// What was visited and belongs to no group yet.
    open: Vec<u32>,
    groups: Vec<CallGroup>,
}

/// A node on the way from an entry.
struct Step {
    node: u32,
    number: u32,
    next_callee: usize,
}

impl Walk<'_> {
    fn visit(&mut self, entry: u32) {
        let mut path = Vec::new();
        self.enter(entry, &mut path);
        while let Some(step) = path.last_mut() {
            let node = step.node;
            if let Some(callee) = self.info.callee(node, step.next_callee) {
                step.next_callee += 1;
                if !self.enter(callee, &mut path) {
                    self.lower(node, callee);
                }
                continue;
            }
            let number = step.number;
            path.pop();
            if let Some(caller) = path.last() {
                self.lower(caller.node, node);
            }
            if self.lows[node as usize] == number {
                self.close(node);
            }
        }
    }

    /// Begins a node, if it is there and was not visited.
    fn enter(&mut self, node: u32, path: &mut Vec<Step>) -> bool {
        let Some(low @ 0) = self.lows.get_mut(node as usize) else { return false };
        *low = self.next;
        path.push(Step { node, number: self.next, next_callee: 0 });
        self.next += 1;
        self.open.push(node);
        true
    }

    /// Notes that `node` reaches what `callee` reaches.
    fn lower(&mut self, node: u32, callee: u32) {
        let reached = self.lows.get(callee as usize).copied().unwrap_or(DONE);
        let low = &mut self.lows[node as usize];
        *low = reached.min(*low);
    }

    /// Makes a group of everything that was opened since `first`.
    fn close(&mut self, first: u32) {
        let start = self.open.iter().rposition(|&node| node == first).unwrap_or_default();
        let members = self.open.split_off(start);
        for &node in &members {
            self.lows[node as usize] = DONE;
        }
        let is_recursive = members.len() > 1 || self.info.callees(first).any(|node| node == first);
        self.groups.push(CallGroup { members, is_recursive });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(functions: &str) -> ModuleInfo {
        let text = format!("(module (import \"env\" \"f\" (func $host)) {functions})");
        ModuleInfo::read(&wat::parse_str(text).expect("the text is a module")).expect("readable")
    }

    fn groups(functions: &str, entries: &[u32]) -> Vec<(Vec<u32>, bool)> {
        let groups = read(functions).call_groups(entries.iter().copied());
        groups.into_iter().map(|group| (group.members, group.is_recursive)).collect()
    }

    #[test]
    fn callees_come_before_callers_and_circles_are_one_group() {
        let text =
            "(func $a (call $b) (call $d)) (func $b (call $c)) (func $c (call $b) (call $host))
            (func $d (call $d)) (func $unused (call $a))";
        let expected = [(vec![0], false), (vec![2, 3], true), (vec![4], true), (vec![1], false)];
        assert_eq!(groups(text, &[1]), expected);
        assert_eq!(groups(text, &[4, 4, 99]), [(vec![4], true)]);
    }

    #[test]
    fn a_call_through_a_table_reaches_all_of_it() {
        let text = "(type $f (func)) (table funcref (elem $b)) (func $a (call_indirect (type $f) (i32.const 0)))";
        assert_eq!(
            groups(&format!("{text} (func $b)"), &[1]),
            [(vec![2], false), (vec![3], false), (vec![1], false)]
        );
        assert_eq!(groups(&format!("{text} (func $b (call $a))"), &[1]), [(vec![1, 3, 2], true)]);
    }

    #[test]
    fn what_a_circle_reaches_all_of_it_reaches() {
        let info = read(
            "(func $a (call $b)) (func $b (call $a) (call $host)) (func $c (call $d)) (func $d)",
        );
        assert_eq!(info.may_reach(0..5, |node| node == 0)[..5], [true, true, true, false, false]);
    }

    #[test]
    fn deep_chains_do_not_exhaust_this_programs_stack() {
        let chain: String = (1..100_000).map(|at| format!("(func (call {}))", at + 1)).collect();
        assert_eq!(groups(&format!("{chain} (func)"), &[1]).len(), 100_000);
    }
}
