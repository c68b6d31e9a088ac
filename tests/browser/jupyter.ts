/** A JupyterLab to throw away: its own folders, workspace, port and token. */
import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

export interface JupyterOptions {
  /** The path under which it is served, as a gateway would: '/notebook/ns/nb/'. */
  baseUrl?: string;
  /** More arguments of `jupyter lab`. */
  args?: string[];
  /** More variables of its environment. */
  env?: Record<string, string>;
  /** `lab`, or `notebook` for Notebook 7. */
  program?: 'lab' | 'notebook';
  /** What it is started by: `POD` for processes and their numbers of its own, as a pod has. */
  within?: string[];
  /** Fills the workspace before the start. */
  prepare?: (workspace: string) => void | Promise<void>;
}

export const POD = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

export class Jupyter {
  static async start(options: JupyterOptions = {}): Promise<Jupyter> {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'kfnb-browser-'));
    const jupyter = new Jupyter(home, await freePort(), options);
    try {
      await options.prepare?.(jupyter.workspace);
      await jupyter.launch();
    } catch (error) {
      await jupyter.stop();
      throw error;
    }
    return jupyter;
  }

  /** The folder that it serves. */
  readonly workspace: string;
  /** Where it is, with a slash at the end. */
  readonly address: string;
  readonly token = 'a-token-for-the-browser-tests';

  private constructor(
    private readonly home: string,
    private readonly port: number,
    private readonly options: JupyterOptions
  ) {
    this.workspace = path.join(home, 'workspace');
    this.address = `http://127.0.0.1:${port}${options.baseUrl ?? '/'}`;
    fs.mkdirSync(this.workspace);
  }

  /** The process of the server. */
  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** What it has printed so far. */
  get log(): string {
    return fs.readFileSync(this.logFile, 'utf8');
  }

  /** A request of its own, authenticated, past the browser. */
  fetch(route: string, init: RequestInit = {}): Promise<Response> {
    const headers = { Authorization: `token ${this.token}`, ...init.headers };
    return fetch(this.address + route, { ...init, headers });
  }

  /** Starts it again on the same port, with the same folders. */
  async restart(): Promise<void> {
    await this.end();
    await this.launch();
  }

  /** Ends it and removes all that it kept. */
  async stop(): Promise<void> {
    await this.end();
    fs.rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Ends it; `restart` brings it back. */
  async end(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    if (!process || process.exitCode !== null || process.signalCode !== null) {
      return;
    }
    const ended = new Promise(resolve => process.once('exit', resolve));
    const patience = setTimeout(() => process.kill('SIGKILL'), 10_000);
    // What unshare starts is the first process of its own world: it ends with unshare alone.
    process.kill(this.options.within ? 'SIGKILL' : 'SIGTERM');
    await ended;
    clearTimeout(patience);
  }

  private async launch(): Promise<void> {
    const log = fs.openSync(this.logFile, 'a');
    const args = [
      this.options.program ?? 'lab',
      '--no-browser',
      '--ServerApp.ip=127.0.0.1',
      `--ServerApp.port=${this.port}`,
      '--ServerApp.port_retries=0',
      `--ServerApp.base_url=${this.options.baseUrl ?? '/'}`,
      `--ServerApp.root_dir=${this.workspace}`,
      '--ServerApp.allow_unauthenticated_access=False',
      '--LabApp.expose_app_in_browser=True',
      '--JupyterNotebookApp.expose_app_in_browser=True',
      ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
      ...(this.options.args ?? [])
    ];
    const env = {
      ...process.env,
      JUPYTER_TOKEN: this.token,
      ...this.folders(),
      ...this.options.env
    };
    const command = [...(this.options.within ?? []), process.env.KFNB_JUPYTER ?? 'jupyter'];
    this.process = spawn(command[0]!, [...command.slice(1), ...args], {
      cwd: this.workspace,
      env,
      stdio: ['ignore', log, log]
    });
    fs.closeSync(log);
    await this.answers(this.process);
  }

  private async answers(started: ChildProcess): Promise<void> {
    let failure: Error | undefined;
    started.once('error', error => (failure = error));
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      if (failure || started.exitCode !== null) {
        throw new Error(`Jupyter ended: ${failure?.message ?? ''}\n${this.log}`);
      }
      const answer = await this.fetch('api/status').catch(() => undefined);
      if (answer?.ok) {
        return;
      }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    throw new Error(`Jupyter did not answer within a minute\n${this.log}`);
  }

  private folders(): Record<string, string> {
    const names = {
      IPYTHONDIR: 'ipython',
      JUPYTER_CONFIG_DIR: 'config',
      JUPYTER_DATA_DIR: 'data',
      JUPYTER_RUNTIME_DIR: 'runtime',
      JUPYTERLAB_SETTINGS_DIR: 'settings',
      JUPYTERLAB_WORKSPACES_DIR: 'workspaces'
    };
    const found = Object.entries(names).map(([name, folder]) => {
      const full = path.join(this.home, folder);
      fs.mkdirSync(full, { recursive: true });
      return [name, full] as const;
    });
    // The question about news covers the lower right of a first start.
    const news = path.join(this.home, 'settings', '@jupyterlab', 'apputils-extension');
    fs.mkdirSync(news, { recursive: true });
    fs.writeFileSync(
      path.join(news, 'notification.jupyterlab-settings'),
      JSON.stringify({ fetchNews: 'false', checkForUpdates: false })
    );
    return Object.fromEntries(found);
  }

  private get logFile(): string {
    return path.join(this.home, 'jupyter.log');
  }

  private process: ChildProcess | undefined;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
