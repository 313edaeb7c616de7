// Elements made by script. Texts are texts, never markup.

// make returns an element with attributes and children: elements, or texts.
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) element.setAttribute(key, value);
  element.append(...children.filter((child) => child != null));
  return element;
}

const space = 'http://www.w3.org/2000/svg';

export function drawing(name, attributes = {}, ...children) {
  const element = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// announce tells a screen reader something that happened.
export function announce(text) {
  document.getElementById('announce').textContent = text;
}
