"""Steps: how does a reader walk through a picture, one event after the other?

The script adds a slider and two buttons below the picture; the arrow keys, Page up, Page down, Home and End
move the slider. It dims what comes later, reads the step out, and brings it into view on a narrow screen.
Nothing moves by itself. Without the script the picture is complete.

A drawn element takes part by ``data-n``: the number of its step, and of the step that ends it, if any.
"""

CONTROLS = """
#ID .steps{display:flex;gap:.5em;align-items:center;font-size:.85em;margin-top:.3em;flex-wrap:wrap}
#ID .steps input{flex:0 1 14em;min-width:6em}
#ID .steps output{flex:1 1 20em;text-align:left;min-height:1.5em}
#ID .steps button{font:inherit;color:inherit;background:none;border:1px solid;border-radius:4px}
@media print{#ID .steps{display:none}}
"""

STYLE = (
    CONTROLS
    + """
#ID .later{opacity:.1}
#ID .now .msg{stroke-width:4}
@media print{#ID .later{opacity:1}}
"""
)

SCRIPT = """
for(const f of document.querySelectorAll("#ID")){
const l=[...f.querySelectorAll(":scope>details li")],n=l.length,p=f.matches(".ds-player");
if(!n||f.querySelector(":scope>.steps"))continue;
const s=document.createElement("div"),v=f.querySelector(".scroll"),all=p?n:n+1;s.className="steps";
s.innerHTML='<button type="button" aria-label="Step back">◀</button><input type="range" min="1" '+
'aria-label="Step"><button type="button" aria-label="Step on">▶</button><output aria-live="polite"></output>';
const [b,i,a,o]=s.children;
const parts=[...f.querySelectorAll((p?":scope>":"")+"[data-n]")];
const drawn=parts.map(e=>[e,...e.dataset.n.split(" ").map(Number)]);
i.max=all;i.value=p?1:all;
const show=()=>{const k=+i.value;let at;
o.textContent=k>n?n+(n>1?" steps":" step")+"; the arrow keys move":k+" of "+n+": "+l[k-1].textContent;
for(const [e,x,y=x] of drawn){const now=k<=n&&(x===k||y===k);at=now?e:at;
e.classList.toggle("later",x>k);e.classList.toggle("now",now)}
if(at&&!p){const r=at.getBoundingClientRect(),w=v.getBoundingClientRect();
if(r.left<w.left||r.right>w.right)v.scrollLeft+=r.left-w.left-w.width/2}};
i.oninput=show;b.onclick=()=>{i.stepDown();show()};a.onclick=()=>{i.stepUp();show()};
show();f.insertBefore(s,f.querySelector(p?":scope>[data-n]":":scope>details"))}
"""
