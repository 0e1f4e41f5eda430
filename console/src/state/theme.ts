/** Light, dark, or as the machine has it. */

import { computed, ref, watchEffect } from 'vue';

const KEPT = 'linli.theme';
export type Theme = 'auto' | 'light' | 'dark';

const machine = matchMedia('(prefers-color-scheme: dark)');
const machineIsDark = ref(machine.matches);
machine.addEventListener('change', () => { machineIsDark.value = machine.matches; });

export const theme = ref<Theme>((localStorage.getItem(KEPT) as Theme | null) ?? 'auto');

export const isDark = computed(() => theme.value === 'dark' || (theme.value === 'auto' && machineIsDark.value));

export function followTheme(): void {
  watchEffect(() => {
    document.documentElement.classList.toggle('dark', isDark.value);
    localStorage.setItem(KEPT, theme.value);
  });
}
