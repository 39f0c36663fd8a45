//! The steps of an exchange after the inner service: its answer, the response hook, the response.

use std::sync::Arc;

use http::Response;
use http_wasm_abi::BodyKind;
use http_wasm_model::exchange::Trap;

use super::Error;
use super::answer::{Answer, PendingHeaders};
use super::body::Body;
use super::faults::{hold, response_fault};
use super::metrics::count;
use super::task::{Pending, Responding, Task};
use crate::engine::{Hook, Mode};

/// A response, or one that has to be waited for.
pub(super) enum Responded {
    Ready(Result<Response<Body>, Error>),
    Wait(Responding),
}

impl Responding {
    /// Calls the hook and makes the response.
    pub(super) async fn run(self) -> Result<Response<Body>, Error> {
        let Self { mut task, hook, apart, holds } = self;
        match apart {
            None => task.respond_on_fiber(hook, holds).await,
            Some(apart) => {
                let (headers, answer) = *apart;
                let result = task.call_on_fiber(hook).await;
                task.conclude_with_headers(headers, answer, result)
            }
        }
    }
}

impl Pending {
    /// Makes the response of the inner service's answer.
    #[inline]
    pub(super) fn respond(self, answer: Answer) -> Responded {
        match self {
            Self::Headers(headers) => {
                answer.report_failure(&headers.shared);
                Responded::Ready(headers.merge(answer))
            }
            Self::Hook { task, unread, headers: Some(headers) } => {
                drop(unread);
                task.respond_with_status(headers, answer)
            }
            Self::Hook { mut task, unread, headers: None } => {
                drop(unread);
                let is_error = task.take_answer(answer);
                task.respond(is_error)
            }
        }
    }
}

impl Task {
    /// Calls the response hook with no more of the inner service's answer than its status, and makes the
    /// response.
    fn respond_with_status(mut self, headers: PendingHeaders, answer: Answer) -> Responded {
        self.progress().timer.others_until_now();
        answer.report_failure(&headers.shared);
        let is_error = match &answer {
            Answer::Response(response) => {
                self.exchange().answer_status(response.status().as_u16());
                false
            }
            failure => {
                self.exchange().answer(Err(failure.next_error()));
                true
            }
        };
        let req_ctx = self.progress().pending.take().unwrap_or_default();
        let hook = Hook::Response { req_ctx, is_error };
        if self.lease().instance().mode() == Mode::Fiber {
            let apart = Some(Box::new((headers, answer)));
            return Responded::Wait(Responding { task: self, hook, apart, holds: false });
        }
        let result = self.call(hook);
        Responded::Ready(self.conclude_with_headers(headers, answer, result))
    }

    fn conclude_with_headers(
        mut self,
        headers: PendingHeaders,
        answer: Answer,
        result: Result<u64, Trap>,
    ) -> Result<Response<Body>, Error> {
        let mut timer = std::mem::take(&mut self.progress().timer);
        headers.shared.slots.counters().end(&mut timer);
        self.release();
        match (result, answer) {
            (Err(trap), Answer::Response(_) | Answer::Failed(_)) => {
                response_fault(&headers.shared, None, trap)
            }
            (_, answer) => headers.merge(answer),
        }
    }

    /// Puts the inner service's answer into the model; says whether the service failed.
    fn take_answer(&mut self, answer: Answer) -> bool {
        self.progress().timer.others_until_now();
        if !matches!(answer, Answer::Response(_)) {
            let shared = Arc::clone(self.lease().shared());
            answer.report_failure(&shared);
            self.exchange().answer(Err(answer.next_error()));
        }
        match answer {
            Answer::Response(mut response) => {
                let status = response.status().as_u16();
                self.exchange().answer_head(status, response.headers_mut());
                self.progress().response = Some(response);
                return false;
            }
            Answer::Failed(_) => {}
            Answer::Panicked(panic) => self.progress().panic = Some(panic),
        }
        true
    }

    /// Calls the response hook, and makes the response.
    pub(super) fn respond(mut self, is_error: bool) -> Responded {
        let Some(req_ctx) = self.progress().pending.take() else {
            return Responded::Ready(self.finish());
        };
        let hook = Hook::Response { req_ctx, is_error };
        if self.lease().guest().capabilities.has_noop_response_hook {
            count(&self.lease().shared().slots.counters().response_hooks);
            return Responded::Ready(self.conclude(Ok(0)));
        }
        let holds =
            self.progress().response.is_some() && self.exchange().holds_whole(BodyKind::Response);
        if holds || self.lease().instance().mode() == Mode::Fiber {
            return Responded::Wait(Responding { task: self, hook, apart: None, holds });
        }
        let result = self.call(hook);
        Responded::Ready(self.conclude(result))
    }

    /// Calls the response hook with a body that may still be arriving, and makes the response.
    async fn respond_on_fiber(mut self, hook: Hook, holds: bool) -> Result<Response<Body>, Error> {
        let mut result = Ok(());
        if holds || self.lease().guest().pool.module().waits() {
            let mut streams = self.take_streams();
            let response = self.progress().response.as_mut();
            let body = response.map(|response| std::mem::take(response.body_mut()));
            streams.set_response(body.unwrap_or_default());
            if holds {
                result = hold(self.exchange(), &mut streams, BodyKind::Response).await;
            }
            self.progress().streams = Some(streams);
        }
        let result = match result {
            Ok(()) => self.call_on_fiber(hook).await,
            Err(trap) => Err(trap),
        };
        let progress = self.progress();
        if let (Some(streams), Some(response)) = (&mut progress.streams, &mut progress.response) {
            *response.body_mut() = streams.take(BodyKind::Response);
        }
        self.conclude(result)
    }

    /// Makes the response after the response hook.
    fn conclude(mut self, result: Result<u64, Trap>) -> Result<Response<Body>, Error> {
        if let Some(panic) = self.progress().panic.take() {
            self.release();
            std::panic::resume_unwind(panic);
        }
        match result {
            Ok(_) => self.finish(),
            Err(trap) => {
                let fault =
                    self.progress().streams.as_mut().and_then(|streams| streams.fault.take());
                response_fault(self.lease().shared(), fault, trap)
            }
        }
    }
}
