import vue from '@vitejs/plugin-vue';
import Components from 'unplugin-vue-components/vite';
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers';
import { defineConfig } from 'vitest/config';

/** Where a server runs while the console is worked on: LINLI_SERVER=http://127.0.0.1:8088 npm run dev */
const server = process.env.LINLI_SERVER ?? 'http://127.0.0.1:8088';

export default defineConfig({
  base: '/console/',
  plugins: [
    vue(),
    // Only the components that are used, each with its own style sheet.
    Components({ dirs: [], resolvers: [ElementPlusResolver({ importStyle: 'css' })], dts: 'src/components.d.ts' }),
  ],
  // Nothing is written into the page as data: the content security policy knows files only.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 700 },
  server: { proxy: { '/api': server } },
  test: { environment: 'jsdom', include: ['tests/unit/**/*.test.ts'], server: { deps: { inline: ['element-plus'] } } },
});
