/** Something read from the server: its value, whether it is on its way, and why it did not come. */

import { onScopeDispose, ref, shallowRef, watch, type WatchSource } from 'vue';
import { asRefusal, type Refusal } from '../api/client';
import { useSession } from '../session';

/** Reads now and whenever one of the sources changes; an answer that was overtaken is dropped. */
export function useLoad<T>(read: (signal: AbortSignal) => Promise<T>, sources: WatchSource[] = []) {
  const value = shallowRef<T>();
  const refusal = shallowRef<Refusal>();
  const loading = ref(false);
  let running: AbortController | undefined;

  async function reload(): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    loading.value = true;
    try {
      const answer = await read(mine.signal);
      if (mine.signal.aborted) return;
      value.value = answer;
      refusal.value = undefined;
    } catch (thrown) {
      if (!mine.signal.aborted) refusal.value = asRefusal(thrown);
    } finally {
      if (running === mine) loading.value = false;
    }
  }

  watch(sources, () => { void reload(); }, { immediate: true });
  const session = useSession();
  watch(() => session.epoch, () => { if (refusal.value) void reload(); });
  onScopeDispose(() => running?.abort());
  return { value, refusal, loading, reload };
}

/** One page of a list that goes on. */
export interface Page<Row, Next> { rows: Row[]; next?: Next | undefined }

/** A list that is read page by page. */
export function usePages<Row, Next>(
  read: (next: Next | undefined, signal: AbortSignal) => Promise<Page<Row, Next>>,
  sources: WatchSource[] = [],
) {
  const rows = shallowRef<Row[]>([]);
  const next = shallowRef<Next>();
  const first = useLoad(async (signal) => {
    const page = await read(undefined, signal);
    rows.value = page.rows;
    next.value = page.next;
    return page;
  }, sources);

  async function more(): Promise<void> {
    if (next.value === undefined || first.loading.value) return;
    const asked = next.value;
    first.loading.value = true;
    try {
      const page = await read(asked, new AbortController().signal);
      // A filter that changed meanwhile has its own rows by now.
      if (next.value === asked) {
        rows.value = [...rows.value, ...page.rows];
        next.value = page.next;
      }
    } catch (thrown) {
      first.refusal.value = asRefusal(thrown);
    } finally {
      first.loading.value = false;
    }
  }
  return { rows, next, more, refusal: first.refusal, loading: first.loading, reload: first.reload, read: first.value };
}

/** Something done once: whether it runs, and why it was refused. */
export function useAct() {
  const busy = ref(false);
  const refusal = shallowRef<Refusal>();
  /** Runs it unless it runs; answers whether it was done. */
  async function run(work: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    refusal.value = undefined;
    try {
      await work();
      return true;
    } catch (thrown) {
      refusal.value = asRefusal(thrown);
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, refusal, run };
}
