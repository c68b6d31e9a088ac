/** One element in the page for each test, and what is found in it by its words. */
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

export class Drawn {
  readonly node = document.createElement('div');
  private readonly root: Root;

  constructor() {
    document.body.append(this.node);
    this.root = createRoot(this.node);
  }

  draw(element: JSX.Element): void {
    act(() => this.root.render(element));
  }

  get text(): string {
    return this.node.textContent ?? '';
  }

  /** Presses a button by its words, and lets what it began come to its end. */
  async press(words: string): Promise<void> {
    const found = [...this.node.querySelectorAll('button')].find(one => one.textContent === words);
    expect(found).toBeDefined();
    await settled(() => found?.click());
  }

  clear(): void {
    act(() => this.root.unmount());
    this.node.remove();
  }
}

/** Does it, and lets what it began come to its end. */
export async function settled(call: () => void): Promise<void> {
  await act(async () => {
    call();
    await new Promise(resolve => setTimeout(resolve, 0));
  });
}
