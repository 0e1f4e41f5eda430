/** What somebody made of a table: which columns, and views kept by name. Kept in this browser. */

import { ref, watch } from 'vue';

/** Views of one table. */
const VIEWS_MAX = 20;

export interface View { name: string; query: Record<string, string>; hidden: string[] }

function read<T>(key: string, fallback: T): T {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? 'null') as T | null) ?? fallback;
  } catch {
    return fallback;
  }
}

export function useViews(table: string, hiddenAtFirst: string[]) {
  const [hiddenKey, viewsKey] = [`linli.columns.${table}`, `linli.views.${table}`];
  const hidden = ref(read<string[]>(hiddenKey, hiddenAtFirst));
  const views = ref(read<View[]>(viewsKey, []));
  watch(hidden, (now) => localStorage.setItem(hiddenKey, JSON.stringify(now)), { deep: true });
  watch(views, (now) => localStorage.setItem(viewsKey, JSON.stringify(now)), { deep: true });

  /** Keeps a view; one of the same name is replaced. */
  function keep(view: View): void {
    views.value = [view, ...views.value.filter((one) => one.name !== view.name)].slice(0, VIEWS_MAX);
  }
  function forget(name: string): void {
    views.value = views.value.filter((one) => one.name !== name);
  }
  return { hidden, views, keep, forget };
}
