/** Nobody at the desk: after a while the session ends and the screen is covered. */

/** As long as somebody may look away. */
export const IDLE_MS = 15 * 60_000;
const LOOK_MS = 5_000;
const SIGNS = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;

/** Calls back each time nothing was touched for so long. */
export function whenIdle(then: () => void): void {
  let touched = Date.now();
  const touch = () => { touched = Date.now(); };
  for (const sign of SIGNS) addEventListener(sign, touch, { passive: true, capture: true });
  setInterval(() => {
    // The clock and not the timer counts: a laptop that slept was idle.
    if (Date.now() - touched < IDLE_MS) return;
    touch();
    then();
  }, LOOK_MS);
}
