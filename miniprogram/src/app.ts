import { session } from './api/session';
import { reportWaiting } from './consent/consents';

App({
  onLaunch() {
    // Signing in takes a moment: it is begun before the first page asks. What goes wrong, that page says.
    session().then(reportWaiting).catch(() => undefined);
  },
});
