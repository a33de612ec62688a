/** Elements without markup in strings: nothing that a server or a link says can become code. */

export type Child = Node | string | null | undefined | false;
type Props = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** props: attributes; `on...` are listeners; true is an empty attribute; false, null and undefined are none. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** Changes the text only where it differs, so that screen readers are not told twice. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

let lastId = 0;

/** A label and what it labels, in one block. */
export function field(label: string, control: HTMLElement, hint = ''): HTMLElement {
  control.id ||= `f${(lastId += 1)}`;
  const words = hint && h('small', { id: `${control.id}-hint` }, hint);
  if (words) control.setAttribute('aria-describedby', words.id);
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, words);
}

export function brand(): HTMLElement {
  return h('h1', { class: 'brand' }, h('img', { src: 'dialer/icon.svg', alt: '', width: 28, height: 28 }), 'RingOut');
}
