/* Who begins is offered the time zone that their browser has. */

const zone = document.querySelector("input[name=time_zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone?.value === "UTC" && own && zone.list && [...zone.list.options].some((option) => option.value === own)) zone.value = own;
