// The event object a mini program's handler gets is plain data.

const point = ({ identifier, pageX, pageY, clientX, clientY }) => ({ identifier, pageX, pageY, clientX, clientY });
const points = (list) => [...(list ?? [])].map(point);

/** What a handler sees of a node. The node itself is there for the built-in tags, which need it. */
function target(node) {
  if (!node) return node;
  const element = node._$ ?? node;
  const box = element.getBackendElement?.();
  const seen = {
    id: element.id ?? '', dataset: { ...element.dataset }, tagName: element.is,
    offsetLeft: box?.offsetLeft ?? 0, offsetTop: box?.offsetTop ?? 0,
  };
  Object.defineProperty(seen, '__node', { value: element });
  return seen;
}

function touches(original) {
  if (!original || !(original.changedTouches || 'clientX' in original)) return {};
  if (original.changedTouches) return { touches: points(original.touches), changedTouches: points(original.changedTouches) };
  return { touches: [], changedTouches: points([{ ...point(original), identifier: 0 }]) };
}

/** True until what the tap has called is done: what WeChat allows in a tap only is asked then. */
export function beginGesture(shell) {
  shell.gesture = true;
  setTimeout(() => { shell.gesture = false; });
}

export function plainEvents({ Event }, shell) {
  const wrap = Event.prototype.wrapShadowedEvent;
  Event.prototype.wrapShadowedEvent = function wrapPlain(node, mark, current) {
    const event = wrap.call(this, node, mark, current);
    if (this.getEventName() === 'tap') beginGesture(shell);
    const own = {
      type: this.getEventName(), timeStamp: performance.now(), target: target(node), currentTarget: target(current),
      mark: mark ?? {}, detail: this.detail ?? {}, ...touches(this.getOriginalEvent?.()),
    };
    for (const [name, value] of Object.entries(own)) {
      Object.defineProperty(event, name, { value, writable: true, enumerable: true, configurable: true });
    }
    return event;
  };
}
