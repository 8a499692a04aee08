/* What every page has: the theme switch and the menu of narrow screens. */

const root = document.documentElement;
const themeButton = document.querySelector("[data-theme-button]");
const menuButton = document.querySelector("[data-menu-button]");
const menu = document.querySelector("[data-menu]");
const systemDark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches;
}

function labelTheme() {
  const label = isDark() ? "Switch to the light theme" : "Switch to the dark theme";
  themeButton?.setAttribute("aria-label", label);
  themeButton?.setAttribute("title", label);
}

themeButton?.addEventListener("click", () => {
  const next = isDark() ? "light" : "dark";
  root.dataset.theme = next;
  try {
    localStorage.setItem("aurora-theme", next);
  } catch {
    // The choice then lasts for this page only.
  }
  labelTheme();
});
systemDark.addEventListener("change", labelTheme);
labelTheme();

function setMenu(open) {
  menu.classList.toggle("is-open", open);
  menuButton.setAttribute("aria-expanded", String(open));
}

menuButton?.addEventListener("click", () => setMenu(menuButton.getAttribute("aria-expanded") !== "true"));
menu?.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menuButton.getAttribute("aria-expanded") === "true") {
    setMenu(false);
    menuButton.focus();
  }
});
