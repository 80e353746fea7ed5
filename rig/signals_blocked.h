// For who starts a thread: signals are for the threads that were there before.
#pragma once

#include <csignal>

namespace bmsrig {

/// While it lives, threads that are started take no signals: Ctrl-C is for the thread that runs the
/// rig.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

}  // namespace bmsrig
