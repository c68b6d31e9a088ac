import plugin from '../../src/index';

describe('the plugin', () => {
  it('starts by itself and bears the name under which its settings are kept', () => {
    expect(plugin.autoStart).toBe(true);
    expect(plugin.id).toBe('kfnb-ext:plugin');
  });
});
