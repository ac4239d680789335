/** What hands do on a map: drag, pinch, wheel, tap, double tap, and draw a lasso. */

const TAP = 5;

/**
 * Listen on the window of a map. `does` has `pan(dx, dy)`, `zoom(left, top, factor)`, `tap(left, top, reach)`,
 * `hover(left, top)`, `leave()`, `lasso(points, done)` and `drawing()`: whether a drag draws; without a lasso none does.
 */
export function listen(stage, does) {
  const down = new Map();
  let moved = 0;
  let drawn = null;
  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    moved = 0;
    drawn = does.lasso && down.size === 1 && (event.shiftKey || does.drawing()) ? at(event) : null;
  });

  stage.addEventListener("pointermove", (event) => {
    const place = at(event);
    const before = down.get(event.pointerId);
    if (!before) return event.pointerType === "mouse" ? does.hover(...place) : undefined;
    moved += Math.hypot(place[0] - before[0], place[1] - before[1]);
    if (drawn) does.lasso(drawn.push(...place) && drawn, false);
    else if (down.size === 1) does.pan(place[0] - before[0], place[1] - before[1]);
    else if (down.size === 2) pinch(event.pointerId, before, place);
    down.set(event.pointerId, place);
    return undefined;
  });

  function pinch(moving, before, place) {
    const [, still] = [...down].find(([id]) => id !== moving);
    const gap = ([x, y]) => Math.max(10, Math.hypot(x - still[0], y - still[1]));
    does.pan((place[0] - before[0]) / 2, (place[1] - before[1]) / 2);
    does.zoom((place[0] + still[0]) / 2, (place[1] + still[1]) / 2, gap(place) / gap(before));
  }

  const up = (event) => {
    if (!down.delete(event.pointerId)) return;
    if (drawn) {
      does.lasso(drawn, true);
      drawn = null;
    } else if (moved < TAP && event.type === "pointerup" && !down.size) {
      does.tap(...at(event), event.pointerType === "touch" ? 22 : 12);
    }
  };
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", up);
  stage.addEventListener("pointerleave", () => does.leave());
  stage.addEventListener("dblclick", (event) => does.zoom(...at(event), 2));
  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      does.zoom(...at(event), Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)));
    },
    { passive: false },
  );
}
