import io.tocsin.Notifier

/** Run a body, tell how it ended, and hand on what it gave or threw; see withTocsin.txt. */
Object call(Object options = [:], Closure body) {
    return new Notifier(this, options, ['trigger']).around(body)
}
