import io.tocsin.Notifier

/** Send a test message; see tocsinTest.txt. */
void call(Object options = [:]) {
    new Notifier(this, options, ['channel', 'to']).test()
}
