#![allow(clippy::all, clippy::pedantic, clippy::restriction, clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods)]
use std::time::Instant;
use calamine::Reader;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let bytes = std::fs::read(path).unwrap();
    for _ in 0..3 {
        let t = Instant::now();
        let mut wb: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(&bytes[..])).unwrap();
        let names = wb.sheet_names();
        let mut n = 0;
        for s in &names { n += wb.worksheet_range(s).unwrap().used_cells().count(); }
        let a = t.elapsed();
        let t = Instant::now();
        let g = books::grid::read(&bytes).unwrap();
        let b = t.elapsed();
        let t = Instant::now();
        let book = books::read_houses_from_grid(&g, &books::ReadOptions { period_year: 2026 });
        let c = t.elapsed();
        println!("cells {n} calamine {a:?} grid {b:?} houses {c:?} ratio {:.2}  {:?}", (b + c).as_secs_f64() / a.as_secs_f64(), book.summary());
    }
}
