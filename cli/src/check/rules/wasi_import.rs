//! The rule `wasi-import`: what hosts grant of WASI, function by function. The tests of `hosts::wasi` hold
//! the words on Traefik and on the Go host against the real ones.

use http_wasm_abi::WASI_MODULE;

use super::{Found, Hosts, Judge, Level, Module, Rule};

pub(super) const RULE: Rule = Rule {
    id: "wasi-import",
    level: Level::Warning,
    refused_by: Hosts::NONE,
    finds: "imports of WASI preview 1 that do not give everywhere what they promise",
    why: "each host grants something else of clocks, random numbers, environment and files; a finding says what",
    remedy: "do without it where the difference matters; Rust for wasm32v1-none imports nothing of WASI",
    judge: Judge::Module(judge),
};

/// What functions have in common: their names, or the beginnings of such, what they are about, what hosts
/// do, and the remedy. The first one that fits counts.
struct Topic {
    functions: &'static [&'static str],
    hosts: &'static str,
    remedy: &'static str,
}

const TOPICS: &[Topic] = &[
    Topic {
        functions: &["clock_time_get", "clock_res_get"],
        hosts: "the wall clock is real in Traefik, Dapr and the Express host, and fake in the Go host unless its \
                program says otherwise; the monotonic clock is fake in Traefik too",
        remedy: "use the wall clock, and measure no time with the monotonic one",
    },
    Topic {
        functions: &["random_get"],
        hosts: "Traefik and the Go host give every instance the same sequence; Dapr (without strictSandbox) and the \
                Express host give random numbers",
        remedy: "make no secret of it, and for an id mix in the wall clock, the client's address and a counter",
    },
    Topic {
        functions: &["environ_get", "environ_sizes_get"],
        hosts: "Traefik passes on the variables that `settings.envs` of the plugin names, `serve` those of `--env`, and other \
                hosts none",
        remedy: "read the guest's configuration instead where it has to work elsewhere",
    },
    Topic {
        functions: &["args_get", "args_sizes_get"],
        hosts: "no host passes on arguments",
        remedy: "read the guest's configuration instead",
    },
    Topic {
        functions: &["fd_write", "fd_pwrite"],
        hosts: "Traefik discards what is written to standard output and standard error; files are only in the \
                folders of its `settings.mounts`",
        remedy: "use `log` of the ABI",
    },
    Topic {
        functions: &["poll_oneoff"],
        hosts: "in Traefik and the Go host a sleep ends at once",
        remedy: "do not wait in a guest",
    },
    Topic {
        functions: &["proc_exit"],
        hosts: "a guest that exits while it starts is closed, and gets no request",
        remedy: "return from the function instead, or trap",
    },
    Topic {
        functions: &["sock_"],
        hosts: "no host but Traefik gives sockets, and it does on Linux and macOS only",
        remedy: "do without the network where the guest has to work elsewhere",
    },
    Topic {
        functions: &["fd_", "path_"],
        hosts: "Traefik grants the folders that `settings.mounts` of the plugin names, `serve` those of `--dir`, and other \
                hosts no files",
        remedy: "read the guest's configuration instead where it has to work elsewhere",
    },
];

fn judge(module: &Module<'_>) -> Vec<Found> {
    let imports = module.info.imports.iter().filter(|import| import.module == WASI_MODULE);
    let mut found: Vec<(usize, Vec<&str>)> = Vec::new();
    for import in imports {
        let fits = |topic: &Topic| {
            topic.functions.iter().any(|known| {
                import.name == *known || known.ends_with('_') && import.name.starts_with(known)
            })
        };
        let Some(topic) = TOPICS.iter().position(fits) else { continue };
        match found.iter_mut().find(|(known, _)| *known == topic) {
            Some((_, names)) if names.contains(&&*import.name) => {}
            Some((_, names)) => names.push(&import.name),
            None => found.push((topic, vec![&import.name])),
        }
    }
    found.sort_by_key(|(topic, _)| *topic);
    let finding = |(topic, names): (usize, Vec<&str>)| {
        let Topic { hosts, remedy, .. } = &TOPICS[topic];
        Found::new(format!("import {WASI_MODULE}.{}", names.join(", ")), *hosts, *remedy)
    };
    found.into_iter().map(finding).collect()
}
