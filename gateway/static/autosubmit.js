"use strict";
// Sends the one form of the page. While the page still loads this replaces it in the history, so
// that going back leads before it and not round in a circle (HTML, 4.10.22.3 "form submission").
document.querySelector("form[data-leaves]").submit();
