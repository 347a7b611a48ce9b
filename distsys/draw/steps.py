"""Steps: how does a reader walk through a picture, one event after the other?

The script adds a slider and buttons below the picture; the arrow keys, Page up, Page down, Home and End move
the slider, and most of them the steps from a button too. At its left end the picture is complete; the first
step is the next place. The script dims what comes later, reads the step out, and brings it into view on a
narrow screen. Nothing moves before the reader presses Play, and any other control ends that; a step stays as
long as its sentence takes to read. Without the script the picture is complete.

Who moves the slider hears its value, which is the step in words. Who presses a button hears the live region,
which is silent while the slider has the focus, so that nobody hears a step twice.

A drawn element takes part by ``data-n``: the number of its step, and of the step that ends it, if any.
"""

CONTROLS = """
#ID .steps{display:flex;gap:.5em;align-items:center;font-size:.85em;margin-top:.3em;flex-wrap:wrap}
#ID .steps input{flex:0 1 14em;min-width:6em}
#ID .steps output{flex:1 1 20em;text-align:left;min-height:1.5em}
#ID .steps button{font:inherit;color:inherit;background:none;border:1px solid;border-radius:4px;
min-width:24px;min-height:24px}
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
const s=document.createElement("div"),v=f.querySelector(".scroll"),first=p?1:0;s.className="steps";
s.innerHTML='<button type="button" aria-label="Step back">◀</button><input type="range" '+
'aria-label="Step"><button type="button" aria-label="Step on">▶</button><button type="button">Play</button>'+
'<output aria-live="polite"></output>';
const [b,i,a,play,o]=s.children;let timer;
const parts=[...f.querySelectorAll((p?":scope>":"")+"[data-n]")];
const drawn=parts.map(e=>[e,...e.dataset.n.split(" ").map(Number)]);
i.min=first;i.max=n;i.value=first;
const show=()=>{const k=+i.value;let at;
o.textContent=k?k+" of "+n+": "+l[k-1].textContent:n+(n>1?" steps":" step")+"; ▶ or the arrow keys move";
i.setAttribute("aria-valuetext",o.textContent);
for(const [e,x,y=x] of drawn){const now=x===k||y===k;at=now?e:at;
e.classList.toggle("later",k>0&&x>k);e.classList.toggle("now",now)}
if(at&&!p){const r=at.getBoundingClientRect(),w=v.getBoundingClientRect();
const g=f.querySelector(".names")?.getBoundingClientRect().width||0;
if(r.left<w.left+g||r.right>w.right)v.scrollLeft+=r.left-w.left-w.width/2}};
i.onfocus=i.onblur=e=>o.setAttribute("aria-live",e.type==="focus"?"off":"polite");
const go=k=>{i.value=k;f.classList.add("stepped");show()};
const pause=()=>{clearTimeout(timer);timer=0;play.textContent="Play"};
const on=()=>{go(+i.value<n?+i.value+1:1);
if(+i.value<n)timer=setTimeout(on,1000+50*o.textContent.length);else pause()};
const by=k=>{pause();go(k)};
i.oninput=()=>by(i.value);b.onclick=()=>by(+i.value-1);a.onclick=()=>by(+i.value+1);
play.hidden=n<3;play.onclick=()=>{if(timer)pause();else{play.textContent="Pause";on()}};
s.onkeydown=e=>{const k={ArrowLeft:+i.value-1,ArrowRight:+i.value+1,Home:first,End:n}[e.key];
if(e.target!==i&&k!==undefined){e.preventDefault();by(k)}};
show();f.insertBefore(s,f.querySelector(p?":scope>[data-n]":":scope>details"))}
"""
