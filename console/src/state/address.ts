/** The page's state in its address: a colleague who is sent the link sees the same. */

import { reactive, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';

/** Values of the query by name, as text; the default is left out of the address. */
export function useAddress<T extends Record<string, string>>(defaults: T): T {
  const [route, router] = [useRoute(), useRouter()];
  const here = route.path;
  const values = reactive({ ...defaults }) as T;
  const names = Object.keys(defaults) as (keyof T & string)[];

  function take(): void {
    for (const name of names) {
      const given = route.query[name];
      const value = (typeof given === 'string' ? given : defaults[name]) as T[typeof name];
      if (values[name] !== value) values[name] = value;
    }
  }
  take();
  watch(() => route.query, () => { if (route.path === here) take(); });
  watch(values, () => {
    if (route.path !== here) return;
    const query = { ...route.query };
    for (const name of names) {
      if (values[name] === defaults[name]) delete query[name];
      else query[name] = values[name] as string;
    }
    void router.replace({ query });
  });
  return values;
}
