"""Steps: how does a reader walk through a picture, one event after the other?

The script adds a slider below the picture; the arrow keys, Page up, Page down, Home and End move it. It only
dims what comes later and reads the step out. Without it the picture is complete.

A drawn element takes part by ``data-n``: the number of its step, and of the step that ends it, if any.
"""

STYLE = """
#ID .steps{display:flex;gap:.6em;align-items:baseline;font-size:.85em;margin-top:.3em;flex-wrap:wrap}
#ID .steps input{flex:0 1 14em}
#ID .steps output{flex:1 1 20em;text-align:left;min-height:1.5em}
#ID .later{opacity:.1}
#ID .now .msg{stroke-width:4}
@media print{#ID .steps{display:none}}
"""

SCRIPT = """
(()=>{const f=document.getElementById("ID"),l=f?[...f.querySelectorAll("details li")]:[];
if(!l.length||f.querySelector(".steps"))return;
const s=document.createElement("label");s.className="steps";
s.innerHTML='Step <input type="range" min="1"><output></output>';
const [i,o]=s.children,all=l.length+1;i.max=i.value=all;
i.oninput=()=>{const k=+i.value;
o.textContent=k<all?k+" of "+l.length+": "+l[k-1].textContent:l.length+" steps; the arrow keys move";
for(const e of f.querySelectorAll("[data-n]")){const [a,b=a]=e.dataset.n.split(" ").map(Number);
e.classList.toggle("later",a>k);e.classList.toggle("now",k<all&&(a===k||b===k))}};
i.oninput();f.insertBefore(s,f.querySelector("details"))})()
"""
