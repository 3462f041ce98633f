import io.tocsin.Notifier

/** Tell how the build ended; see tocsin.txt. */
void call(Object options = [:]) {
    new Notifier(this, options).completion()
}
