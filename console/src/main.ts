import 'element-plus/theme-chalk/base.css';
import 'element-plus/theme-chalk/dark/css-vars.css';
import 'element-plus/theme-chalk/el-message.css';
import './look.css';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { router } from './routes';
import { followTheme } from './state/theme';

followTheme();
createApp(App).use(createPinia()).use(router).mount('#app');
