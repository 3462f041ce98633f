import io.tocsin.Notifier

/** Tell that the build has begun; see tocsinTrigger.txt. */
void call(Object options = [:]) {
    new Notifier(this, options).trigger()
}
